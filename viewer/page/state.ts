/** What the page shows, kept in the address: a link restores the view. */
import { type Axis, axes } from "../series/axes.ts";

export interface State {
  /** Runs that are shown; none: the list. */
  readonly runs: readonly string[];
  readonly axis: Axis;
  readonly log: boolean;
  /** Part of the axis that is zoomed to, in the axis' unit. */
  readonly range: readonly [number, number] | undefined;
  /** 0 (none) to 0.9. */
  readonly smooth: number;
  /** Charts with a logarithmic y axis that is not their default, or the other way round. */
  readonly logY: readonly string[];
  /** Config keys that runs are grouped by; undefined: those of the sweep; none: each run by itself. */
  readonly group: readonly string[] | undefined;
  /** `apart`, or the config key that colours follow; undefined: what suits the groups. */
  readonly colour: string | undefined;
  /** Runs or groups that are not drawn. */
  readonly hidden: readonly string[];
  /** Run or group that differences are drawn to. */
  readonly baseline: string | undefined;
  /** A unit of the run, `layer.unit`: its own page. */
  readonly unit: string | undefined;
  /** The list's search text, sort column (`-` before it: descending) and states. */
  readonly query: string;
  readonly sort: string;
  readonly states: readonly string[];
}

export const initial: State = {
  runs: [],
  axis: "step",
  log: false,
  range: undefined,
  smooth: 0,
  logY: [],
  group: undefined,
  colour: undefined,
  hidden: [],
  baseline: undefined,
  unit: undefined,
  query: "",
  sort: "-created",
  states: [],
};

/** The address's part after `#`. Defaults are left out. */
export function toHash(state: State): string {
  const query = new URLSearchParams();
  for (const id of state.runs) query.append("run", id);
  if (state.runs.length > 0) {
    if (state.unit !== undefined) query.set("unit", state.unit);
    if (state.axis !== initial.axis) query.set("x", state.axis);
    if (state.log) query.set("log", "1");
    if (state.smooth > 0) query.set("smooth", String(state.smooth));
    if (state.range) query.set("range", state.range.map((end) => Number(end.toPrecision(6))).join(".."));
    for (const id of state.logY) query.append("logy", id);
    for (const key of state.group?.length === 0 ? [""] : (state.group ?? [])) query.append("group", key);
    if (state.colour !== undefined) query.set("colour", state.colour);
    for (const key of state.hidden) query.append("hide", key);
    if (state.baseline !== undefined) query.set("base", state.baseline);
  }
  if (state.query !== "") query.set("q", state.query);
  if (state.sort !== initial.sort) query.set("sort", state.sort);
  for (const one of state.states) query.append("state", one);
  const text = query.toString();
  return text === "" ? "#" : `#${text}`;
}

/** The state that an address asks for; what is not understood is left at its default. */
export function fromHash(hash: string): State {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const range = (query.get("range") ?? "").split("..").map(Number);
  const smooth = Number(query.get("smooth"));
  return {
    runs: [...new Set(query.getAll("run"))].slice(0, 1000),
    axis: axes.find((axis) => axis === query.get("x")) ?? initial.axis,
    log: query.get("log") === "1",
    range:
      range.length === 2 && range.every(Number.isFinite) && range[0]! < range[1]! ? [range[0]!, range[1]!] : undefined,
    smooth: smooth > 0 && smooth < 1 ? smooth : 0,
    logY: query.getAll("logy"),
    group: query.has("group") ? query.getAll("group").filter((key) => key !== "") : undefined,
    colour: query.get("colour") ?? undefined,
    hidden: query.getAll("hide"),
    baseline: query.get("base") ?? undefined,
    unit: query.get("unit") ?? undefined,
    query: query.get("q") ?? "",
    sort: query.get("sort") ?? initial.sort,
    states: query.getAll("state"),
  };
}

type Listener = (state: State, before: State) => void;

/** The one state and who wants to know when it changes. */
export class Store {
  private listeners: Listener[] = [];
  current: State = fromHash(location.hash);

  constructor() {
    addEventListener("hashchange", () => {
      if (location.hash !== toHash(this.current)) this.become(fromHash(location.hash));
    });
  }

  /** Changes some of it. Another page (list, runs) is a step in the browser's history; a zoom or a setting is not. */
  set(change: Partial<State>): void {
    const next = { ...this.current, ...change };
    const elsewhere = next.runs.join("\n") !== this.current.runs.join("\n") || next.unit !== this.current.unit;
    history[elsewhere ? "pushState" : "replaceState"](null, "", toHash(next));
    this.become(next);
  }

  /** Until the answer is called. */
  subscribe(listener: Listener): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((one) => one !== listener);
    };
  }

  private become(next: State): void {
    const before = this.current;
    this.current = next;
    for (const listener of this.listeners) listener(next, before);
  }
}
