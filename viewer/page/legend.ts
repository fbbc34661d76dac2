/** The panel beside charts of many runs: what each line is, how runs are grouped and coloured, which are shown. */
import type { RunDetail } from "../api.ts";
import { grouped } from "../charts/format.ts";
import type { ShownRun } from "../charts/panels.ts";
import { differingKeys } from "../charts/subjects.ts";
import { fill, h, settled } from "./dom.ts";
import type { Focus } from "./focus.ts";
import { legendRow } from "./legend-row.ts";
import type { ManyView } from "./many-view.ts";
import type { Store } from "./state.ts";

export interface Legend {
  readonly element: HTMLElement;
  show(): void;
  destroy(): void;
}

/** Rows that are built at first; the rest on demand, so that a thousand runs open at once. */
const firstRows = 200;

export function legendPanel(
  store: Store,
  runs: readonly ShownRun[],
  details: () => readonly RunDetail[],
  view: () => ManyView,
  focus: Focus,
): Legend {
  const search = h("input", {
    type: "search",
    "aria-label": "Search the legend",
    placeholder: "Find a run or group",
    autocomplete: "off",
  });
  search.addEventListener("input", settled(show, 60));
  const grouping = h("details", { class: "menu grouping" });
  const colour = h("select", { id: "colour-by" });
  colour.addEventListener("change", () => store.set({ colour: colour.value === "" ? undefined : colour.value }));
  const scale = h("div", { class: "colour-scale" });
  const list = h("ul", { class: "legend-list" });
  const foot = h("div", { class: "legend-foot" });
  let all = false;
  const expanded = new Set<string>();

  const body = h(
    "div",
    { class: "legend-body" },
    h("div", { class: "legend-choices" }, grouping, h("label", { for: "colour-by" }, "Colours ", colour)),
    scale,
    search,
    list,
    foot,
  );
  const fold = h("details", { class: "legend-fold", open: innerWidth >= 900 }, h("summary", {}, "Legend"), body);
  const element = h("aside", { class: "legend", "aria-label": "Legend" }, fold);

  function show(): void {
    const { subjects, colours, hidden, baseline, by, scale: order } = view();
    showGrouping();
    showColours();
    scale.hidden = !order;
    if (order)
      fill(
        scale,
        h("span", {}, order.low),
        h("i", {}),
        h("span", {}, order.high),
        h("span", { class: "quiet" }, order.key),
      );
    const wanted = search.value.trim().toLowerCase();
    const fits = subjects
      .map((subject, i) => ({ subject, colour: colours[i]! }))
      .filter(({ subject }) => wanted === "" || wordsOf(subject.runs, subject.label).includes(wanted));
    const shown = all ? fits : fits.slice(0, firstRows);
    const states = details().map(({ summary }) => summary.state);
    fill(
      list,
      ...shown.map(({ subject, colour: own }) =>
        legendRow({
          subject,
          colour: own,
          hidden: hidden.has(subject.key),
          baseline: baseline?.key === subject.key,
          group: by.length > 0,
          open: expanded.has(subject.key),
          runs,
          states,
          store,
          focus,
          everyKey: subjects.map(({ key }) => key),
          toggle: () => {
            if (!expanded.delete(subject.key)) expanded.add(subject.key);
            show();
          },
        }),
      ),
    );
    mark();
    const left = fits.length - shown.length;
    fill(
      foot,
      fits.length === 0 && h("p", { class: "quiet" }, "Nothing has this in its name."),
      left > 0 && h("button", { type: "button", onclick: showEvery }, `Show ${grouped(left)} more`),
      hidden.size > 0 &&
        h("button", { type: "button", onclick: () => store.set({ hidden: [] }) }, `Show all (${hidden.size} hidden)`),
      baseline &&
        h("button", { type: "button", onclick: () => store.set({ baseline: undefined }) }, "Values, not differences"),
    );
  }

  function showEvery(): void {
    all = true;
    show();
  }

  function wordsOf(of: readonly number[], label: string): string {
    return [label, ...of.map((run) => `${runs[run]?.label} ${runs[run]?.id}`)].join(" ").toLowerCase();
  }

  function showGrouping(): void {
    const { by } = view();
    const configs = details().map(({ config }) => config);
    const keys = [...new Set([...differingKeys(configs).filter((key) => key !== "name"), ...by])];
    const wasOpen = grouping.open;
    fill(
      grouping,
      h(
        "summary",
        {},
        by.length === 0 ? "No groups" : `By ${by.map((key) => key.slice(key.lastIndexOf(".") + 1)).join(", ")}`,
      ),
      h(
        "div",
        { class: "menu-list" },
        ...keys.map((key) => {
          const box = h("input", { type: "checkbox" });
          box.checked = by.includes(key);
          box.addEventListener("change", () => {
            const next = box.checked ? [...by, key] : by.filter((one) => one !== key);
            store.set({ group: next, hidden: [], baseline: undefined });
          });
          return h("label", { class: "check" }, box, key);
        }),
        keys.length === 0 && h("p", { class: "quiet" }, "These runs have the same config."),
        h(
          "button",
          { type: "button", onclick: () => store.set({ group: [], hidden: [], baseline: undefined }) },
          "No groups",
        ),
        h(
          "button",
          { type: "button", onclick: () => store.set({ group: undefined, hidden: [], baseline: undefined }) },
          "As the sweep varies",
        ),
      ),
    );
    grouping.open = wasOpen;
  }

  function showColours(): void {
    const keys = differingKeys(details().map(({ config }) => config)).filter((key) => key !== "name");
    const option = (value: string, text: string) => {
      const one = h("option", { value }, text);
      one.selected = (store.current.colour ?? "") === value;
      return one;
    };
    fill(colour, option("", "automatic"), option("apart", "apart"), ...keys.map((key) => option(key, `by ${key}`)));
  }

  function mark(): void {
    for (const row of list.children)
      row.classList.toggle("is-pointed", (row as HTMLElement).dataset.subject === focus.subject);
  }

  const deaf = focus.listen(mark);
  return { element, show, destroy: deaf };
}
