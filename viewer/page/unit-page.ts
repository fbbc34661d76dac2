/** One neuron's life: what each array metric says of it over training, and what happened to it. */

import { brief, grouped } from "../charts/format.ts";
import { wordsOf } from "../charts/metric-key.ts";
import { inks, type Theme } from "../charts/palette.ts";
import type { UnitRecord } from "../units.ts";
import { askManyRuns, askUnit, listen } from "./api.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { fill, h } from "./dom.ts";
import { Focus } from "./focus.ts";
import { detailOf } from "./happenings.ts";
import { LiveCharts } from "./live-charts.ts";
import { manyView } from "./many-view.ts";
import { type Plot, plotCard } from "./plot-card.ts";
import { type Page, shownRuns } from "./run-head.ts";
import { sectionElement } from "./section-element.ts";
import type { Store } from "./state.ts";
import { familyOfRow, nothing, unrecorded } from "./unit-missing.ts";
import { unitTokenTables } from "./unit-token-tables.ts";

/** The unit that the address names: `2.17` is unit 17 of layer 2. */
export function unitOf(text: string | undefined): { readonly layer: number; readonly unit: number } | undefined {
  const found = /^(\d{1,6})\.(\d{1,9})$/.exec(text ?? "");
  return found ? { layer: Number(found[1]), unit: Number(found[2]) } : undefined;
}

export async function unitPage(store: Store, theme: () => Theme, connected: (yes: boolean) => void): Promise<Page> {
  const id = store.current.runs[0]!;
  const { layer, unit } = unitOf(store.current.unit)!;
  const [detail] = await askManyRuns([id]);
  if (detail === undefined || typeof detail === "string") throw new Error(detail ?? "no such run");
  let record = await askUnit(id, layer, unit);
  const runs = shownRuns([detail]);
  const view = () => manyView(store.current, runs, [detail], theme());
  const context: ChartContext = {
    runs,
    state: () => store.current,
    theme,
    many: view,
    focus: new Focus(),
    background: () => inks[theme()].background,
    live: () => detail.summary.state === "running",
    marks: () => [],
    happened: () => [],
    zoom: () => {},
    toggleLogY: () => {},
    openUnit: () => {},
    fileStem: () => `${runs[0]!.label}-unit-${layer}.${unit}`,
  };
  const described = new Map(detail.metrics.map(({ key, description }) => [key, description]));
  const names = Object.keys(record.series);
  const cards = names.map((name): LiveChart => {
    const family = familyOfRow(name);
    const title = wordsOf(name);
    return plotCard(
      {
        id: `unit-${name.replace(/\W+/g, "-")}`,
        title,
        description: described.get(family) ?? "",
        controls: [],
        make: async () => plotOf(record, name),
      },
      context,
    );
  });
  const charts = new LiveCharts();
  charts.replace(cards);
  const content = cards.map(({ element: card }) => card);
  const grid = sectionElement({ id: "over-training", title: "Over training", folded: false, cards: true, content });
  const tokens = unitTokenTables(described);
  const events = h("div", {});
  const beside = h("p", { class: "quiet" });
  const head = h("div", { class: "run-head" });
  const element = h(
    "div",
    { class: "run" },
    head,
    beside,
    tokens.element,
    names.length === 0 ? nothing(record) : grid,
    unrecorded(detail.metrics, [...names, ...record.tokens.map(({ key }) => key)]),
    h("section", { class: "section" }, h("h2", {}, "What happened to it"), events),
  );
  document.title = `Unit ${unit} of layer ${layer} · ${runs[0]!.label}`;

  function show(): void {
    const newest = Object.entries(record.series).flatMap(([name, list]) => {
      const last = list.at(-1);
      return last ? [[wordsOf(name), brief(last.value), `step ${last.step}`] as const] : [];
    });
    fill(
      head,
      h(
        "div",
        { class: "run-title" },
        h("h1", {}, `Unit ${unit} of layer ${layer}`),
        h("a", { href: `#run=${encodeURIComponent(id)}` }, runs[0]!.label),
      ),
      unitForm(store, record),
      h(
        "dl",
        { class: "tiles" },
        ...newest.slice(0, 8).map(([name, value, title]) => h("div", { title }, h("dt", {}, name), h("dd", {}, value))),
      ),
    );
    tokens.show(record.tokens);
    fill(events, eventList(record));
    fill(beside, besides(record, id));
  }

  show();
  requestAnimationFrame(() => charts.start());
  const deaf = listen([id], false, {
    connected,
    run: async () => {
      record = await askUnit(id, layer, unit).catch(() => record);
      show();
      charts.refresh();
    },
  });
  const redraw = () => charts.redraw();
  document.addEventListener("themechange", redraw);
  return {
    element,
    destroy() {
      deaf();
      charts.destroy();
      document.removeEventListener("themechange", redraw);
    },
  };
}

/** A metric of the unit over steps; what happened to it as rules across. */
function plotOf({ series, events, peers }: UnitRecord, name: string): Plot {
  const list = series[name] ?? [];
  if (list.length === 0) return { empty: "no number on record." };
  const values = list.map(({ value }) => value);
  if (list.every(({ value, peers: theirs }) => value === 0 && theirs.every((one) => one === 0)))
    return { empty: "0 at every step, of the units beside it as well." };
  const log = values.every((value) => value > 0) && Math.max(...values) / Math.min(...values) > 100;
  const records = [
    ...list.map(({ step, value }) => ({ step, value })),
    ...list.flatMap(({ step, peers: theirs }) =>
      theirs.map((value, i) => ({ step, peer: `unit ${peers[i]}`, of_peer: value })),
    ),
    ...events.map(({ step, kind, data }) => ({
      happened: typeof data.last_step === "number" ? data.last_step : step,
      kind,
    })),
  ];
  const x = {
    field: "at",
    type: "quantitative",
    title: "step",
    scale: { zero: false },
    axis: { format: "~s", tickCount: 8 },
  };
  const spec = {
    transform: [{ calculate: "isValid(datum.happened) ? datum.happened : datum.step", as: "at" }],
    layer: [
      {
        transform: [{ filter: "isValid(datum.kind)" }],
        mark: { type: "rule", strokeDash: [3, 3] },
        encoding: { x, tooltip: [{ field: "kind" }, { field: "at", title: "step" }] },
      },
      {
        transform: [{ filter: "isValid(datum.of_peer)" }],
        mark: { type: "line", strokeWidth: 1, opacity: 0.4, color: "#8a939c" },
        encoding: {
          x,
          y: { field: "of_peer", type: "quantitative" },
          detail: { field: "peer" },
          tooltip: [{ field: "peer" }, { field: "of_peer", title: "value" }],
        },
      },
      {
        transform: [{ filter: "isValid(datum.value)" }],
        mark: { type: "line", point: true },
        encoding: {
          x,
          y: { field: "value", type: "quantitative", title: null, scale: { type: log ? "log" : "linear", zero: !log } },
        },
      },
    ],
  };
  return { spec, records };
}

/** Goes to another unit. */
export function unitForm(
  store: Store,
  { layer, unit, units, layers }: Pick<UnitRecord, "layer" | "unit" | "units" | "layers">,
): HTMLElement {
  const number = (label: string, value: number, most: number) =>
    h("input", { type: "number", min: 0, max: Math.max(0, most - 1), value, "aria-label": label, required: true });
  const [inLayer, which] = [number("Layer", layer, layers), number("Unit", unit, units)];
  const go = (l: number, u: number) => store.set({ unit: `${l}.${u}` });
  const form = h(
    "form",
    { class: "unit-form" },
    h("label", {}, "Layer ", inLayer),
    h("label", {}, "Unit ", which),
    h("span", { class: "quiet" }, `of ${grouped(units)} in each of ${layers} layers`),
    h("button", {}, "Show"),
    h(
      "button",
      { type: "button", "aria-label": "Unit before", disabled: unit <= 0, onclick: () => go(layer, unit - 1) },
      "←",
    ),
    h(
      "button",
      { type: "button", "aria-label": "Unit after", disabled: unit >= units - 1, onclick: () => go(layer, unit + 1) },
      "→",
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(Number(inLayer.value), Number(which.value));
  });
  return form;
}

/** Whom the thin lines are of. */
function besides({ peers, layer }: UnitRecord, id: string): HTMLElement | null {
  if (peers.length === 0) return null;
  const links = peers.flatMap((one, i) => [
    i > 0 ? ", " : "",
    h("a", { href: `#run=${encodeURIComponent(id)}&unit=${layer}.${one}` }, String(one)),
  ]);
  return h(
    "span",
    {},
    `Thin lines: unit${peers.length === 1 ? "" : "s"} `,
    ...links,
    " of the layer, nearest to it at the first step of which there are arrays, and named by no event: matched survivors.",
  );
}

function eventList({ events }: UnitRecord): HTMLElement {
  if (events.length === 0) return h("p", { class: "quiet" }, "No event on record names this unit.");
  const rows = events.map((event) =>
    h(
      "tr",
      {},
      h("td", { class: "number" }, grouped(event.step)),
      h("td", {}, event.source),
      h("td", {}, event.kind),
      h("td", {}, detailOf(event)),
    ),
  );
  const head = ["Step", "Source", "Kind", "What"].map((name) => h("th", { scope: "col" }, name));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Events of the unit" },
    h("table", { class: "facts" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
  );
}
