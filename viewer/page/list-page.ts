/** The list of runs: search, filter by state, sort by any column, choose some to compare. */
import type { RunList, RunSummary } from "../api.ts";
import { brief, exact, grouped, when } from "../charts/format.ts";
import { fits, sorted } from "../charts/run-filter.ts";
import { askList, listen } from "./api.ts";
import { announce, fill, h, settled } from "./dom.ts";
import { remember, remembered } from "./memory.ts";
import type { Page } from "./run-head.ts";
import type { Store } from "./state.ts";
import { runStates, stateBadge } from "./state-badge.ts";

/** Config columns that are shown at first. */
const firstColumns = 5;

export async function listPage(store: Store, connected: (yes: boolean) => void): Promise<Page> {
  let list: RunList = await askList();
  const chosen = new Set<string>();
  document.title = `${list.folder} · reluscope`;

  const search = h("input", {
    type: "search",
    id: "search",
    "data-search": "",
    placeholder: "Search, or lr>0.001 state:finished",
    "aria-label": "Search runs",
    value: store.current.query,
    autocomplete: "off",
    spellcheck: "false",
  });
  search.addEventListener(
    "input",
    settled(() => store.set({ query: search.value }), 60),
  );
  const states = h("span", { class: "segmented", role: "group", "aria-label": "State" });
  const compare = h("button", {
    type: "button",
    class: "primary",
    onclick: () => store.set({ runs: inOrder(), range: undefined }),
  });
  const columns = h("details", { class: "menu" });
  const count = h("span", { class: "quiet", role: "status" });
  const place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Runs" });
  const element = h(
    "div",
    { class: "list" },
    h("h1", {}, "Runs"),
    h("div", { class: "toolbar" }, search, states, columns, count, compare),
    place,
  );

  function inOrder(): string[] {
    return shown()
      .filter(({ id }) => chosen.has(id))
      .map(({ id }) => id);
  }

  function shown(): RunSummary[] {
    const { query, states: wanted, sort } = store.current;
    const fitting = list.runs.filter(
      (run) => (wanted.length === 0 || wanted.includes(run.state)) && fits(run, list.shared, query),
    );
    return sorted(fitting, sort);
  }

  function configColumns(): { all: string[]; visible: string[] } {
    const all = [...new Set(list.runs.flatMap((run) => Object.keys(run.config)))].filter((key) => key !== "name");
    const kept = remembered("columns")
      ?.split("\n")
      .filter((key) => all.includes(key));
    return { all, visible: kept && kept.length > 0 ? kept : all.slice(0, firstColumns) };
  }

  function show(): void {
    const runs = shown();
    const { all, visible } = configColumns();
    fill(
      states,
      ...runStates
        .filter((state) => list.runs.some((run) => run.state === state))
        .map((state) =>
          h(
            "button",
            {
              type: "button",
              "aria-pressed": String(store.current.states.includes(state)),
              onclick: () => toggleState(state),
            },
            state,
          ),
        ),
    );
    states.hidden = states.childElementCount < 2;
    columns.hidden = all.length === 0;
    fill(columns, h("summary", {}, "Columns"), columnMenu(all, visible));
    count.textContent =
      runs.length === list.runs.length
        ? `${grouped(runs.length)} run${runs.length === 1 ? "" : "s"}`
        : `${grouped(runs.length)} of ${grouped(list.runs.length)} runs`;
    showCompare();
    if (list.runs.length === 0) fill(place, emptyFolder(list.folder));
    else if (runs.length === 0) fill(place, h("p", { class: "empty" }, "No run fits. Clear the search or the states."));
    else fill(place, table(runs, visible));
  }

  function columnMenu(all: readonly string[], visible: readonly string[]): HTMLElement {
    const boxes = all.map((key) => {
      const box = h("input", { type: "checkbox" });
      box.checked = visible.includes(key);
      box.addEventListener("change", () => {
        const next = box.checked ? [...visible, key] : visible.filter((one) => one !== key);
        remember("columns", next.join("\n"));
        show();
        columns.open = true;
      });
      return h("label", { class: "check" }, box, key);
    });
    return h("div", { class: "menu-list" }, ...boxes);
  }

  function toggleState(state: string): void {
    const { states: before } = store.current;
    store.set({ states: before.includes(state) ? before.filter((one) => one !== state) : [...before, state] });
  }

  function showCompare(): void {
    const selected = inOrder().length;
    compare.hidden = selected === 0;
    compare.textContent = selected === 1 ? "Open 1 run" : `Compare ${selected} runs`;
  }

  function table(runs: readonly RunSummary[], keys: readonly string[]): HTMLElement {
    const everyone = h("input", { type: "checkbox", "aria-label": "Choose all shown runs" });
    everyone.checked = runs.every(({ id }) => chosen.has(id));
    everyone.addEventListener("change", () => {
      for (const { id } of runs) everyone.checked ? chosen.add(id) : chosen.delete(id);
      show();
    });
    const heads: [string, string, string][] = [
      ["name", "Name", ""],
      ["state", "State", ""],
      ["step", "Step", "number"],
      ["loss", "Train loss", "number"],
      ["eval", "Held-out loss", "number"],
      ["created", "Started", ""],
      ...keys.map((key): [string, string, string] => {
        const numeric = runs.some((run) => typeof run.config[key] === "number");
        return [`config.${key}`, key, numeric ? "number" : ""];
      }),
    ];
    return h(
      "table",
      { class: "runs" },
      h("thead", {}, h("tr", {}, h("th", { class: "pick" }, everyone), ...heads.map((head) => headCell(...head)))),
      h("tbody", {}, ...runs.map((run) => row(run, keys))),
    );
  }

  function headCell(column: string, title: string, kind: string): HTMLElement {
    const { sort } = store.current;
    const order = sort === column ? "ascending" : sort === `-${column}` ? "descending" : "none";
    const arrow = order === "ascending" ? " ↑" : order === "descending" ? " ↓" : "";
    const next = order === "ascending" ? `-${column}` : column;
    return h(
      "th",
      { scope: "col", "aria-sort": order, class: kind },
      h(
        "button",
        { type: "button", class: "bare", onclick: () => store.set({ sort: next }) },
        title,
        h("span", { "aria-hidden": "true" }, arrow),
      ),
    );
  }

  function row(run: RunSummary, keys: readonly string[]): HTMLElement {
    const box = h("input", { type: "checkbox", "aria-label": `Choose ${run.name}` });
    box.checked = chosen.has(run.id);
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(run.id);
      else chosen.delete(run.id);
      showCompare();
      announce(`${chosen.size} chosen`);
    });
    const damaged = run.state === "damaged";
    const share = run.steps > 0 ? Math.min(1, run.step / run.steps) : 0;
    const progress = h("progress", { value: share, max: 1, "aria-label": `${Math.round(share * 100)} % done` });
    const name = damaged
      ? h("span", { class: "name" }, run.name)
      : h("a", { class: "name", href: `#run=${encodeURIComponent(run.id)}` }, run.name);
    return h(
      "tr",
      { class: damaged ? "is-damaged" : "" },
      h("td", { class: "pick" }, !damaged && box),
      h("th", { scope: "row", title: run.id }, name, damaged && h("span", { class: "problem" }, run.problem ?? "")),
      h("td", {}, stateBadge(run.state)),
      h(
        "td",
        { class: "number" },
        damaged ? "–" : `${grouped(run.step)} / ${grouped(run.steps)}`,
        run.state === "running" && progress,
      ),
      h("td", { class: "number" }, brief(run.loss)),
      h("td", { class: "number" }, brief(run.evalLoss)),
      h("td", { class: "when" }, when(run.createdAt)),
      ...keys.map((key) =>
        h("td", { class: typeof run.config[key] === "number" || damaged ? "number" : "" }, shownValue(run.config[key])),
      ),
    );
  }

  show();
  const unsubscribe = store.subscribe((state, before) => {
    if (state.runs.length > 0) return;
    if (state.query !== search.value) search.value = state.query;
    if (state !== before) show();
  });
  const deaf = listen([], true, {
    connected,
    list: async () => {
      list = await askList();
      // Not under someone's hands: a menu that is open would close, a focus would be lost.
      if (!place.contains(document.activeElement) && !columns.open) show();
    },
  });
  return {
    element,
    destroy() {
      unsubscribe();
      deaf();
    },
  };
}

function emptyFolder(folder: string): HTMLElement {
  return h(
    "div",
    { class: "empty" },
    h("p", {}, `There are no runs in ${folder} yet.`),
    h("p", {}, "Start one with ", h("code", {}, "experiment train"), "; it will appear here by itself."),
  );
}

function shownValue(value: unknown): string {
  return value === undefined ? "–" : typeof value === "number" ? exact(value) : String(value);
}
