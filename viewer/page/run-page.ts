/** The page of one run, or of several over one another. */
import type { RunChange, RunDetail } from "../api.ts";
import { inks, type Theme } from "../charts/palette.ts";
import { askEvents, askManyEvents, askManyRuns, askRun, askSeries, listen } from "./api.ts";
import { addButtons, starred } from "./chart-buttons.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { chartSearch } from "./chart-search.ts";
import { showConsole } from "./console-log.ts";
import { fill, h } from "./dom.ts";
import { configTable, environmentTable, eventTable, tiles } from "./facts.ts";
import { Focus } from "./focus.ts";
import { type Happening, marksOf, wordsFor } from "./happenings.ts";
import { legendPanel } from "./legend.ts";
import { LiveCharts } from "./live-charts.ts";
import { manyView } from "./many-view.ts";
import { remember, remembered } from "./memory.ts";
import { type Page, problemList, shownRuns, stateCounts } from "./run-head.ts";
import { sectionElement } from "./section-element.ts";
import { type Section, sections } from "./sections.ts";
import type { State, Store } from "./state.ts";
import { stateBadge } from "./state-badge.ts";
import { toolbar } from "./toolbar.ts";

/** Charts ask again at most this often while runs go on, ms: the more runs, the less often. */
const refreshEvery = (runs: number) => 1000 + 40 * runs;
/** Of more runs than this, events are what interrupted or warned; the lives of units are left to pages of few. */
const mostWithEvents = 3;

/** Reads the runs and builds their page. */
export async function runPage(store: Store, theme: () => Theme, connected: (yes: boolean) => void): Promise<Page> {
  const asked = store.current.runs;
  const answers = await askManyRuns(asked);
  const details = new Map<string, RunDetail>();
  const lost: string[] = [];
  for (const [i, answer] of answers.entries()) {
    if (typeof answer === "string") lost.push(`${asked[i]}: ${answer}`);
    else if (answer.summary.state === "damaged") lost.push(`${asked[i]}: ${answer.summary.problem}`);
    else details.set(asked[i]!, answer);
  }
  const runs = shownRuns([...details.values()]);
  if (runs.length === 0) return nothingToShow(lost, store);
  const ids = runs.map(({ id }) => id);
  const list = () => ids.map((id) => details.get(id)!);
  let happenings: readonly Happening[] = [];
  let view = manyView(store.current, runs, list(), theme());
  const focus = new Focus();

  const context: ChartContext = {
    runs,
    state: () => store.current,
    theme,
    many: () => view,
    focus,
    background: () => inks[theme()].background,
    live: () => list().some(({ summary }) => summary.state === "running"),
    marks: () => marksOf(happenings, store.current.axis, theme()),
    happened: (from, to) => wordsFor(happenings, store.current.axis, from, to, runs.length),
    zoom: (range) => store.set({ range }),
    toggleLogY(id) {
      const { logY } = store.current;
      store.set({ logY: logY.includes(id) ? logY.filter((one) => one !== id) : [...logY, id] });
    },
    openUnit: (run, layer, unit) => store.set({ runs: [run], unit: `${layer}.${unit}`, range: undefined }),
    fileStem: () => (runs.length === 1 ? runs[0]!.label : `${runs.length}-runs`),
  };

  const many = runs.length > 1;
  const bar = toolbar(store);
  const finder = chartSearch();
  const head = h("div", { class: "run-head" });
  const problems = h("div", {});
  const nav = h("nav", { class: "toc", "aria-label": "Sections" });
  const body = h("div", {});
  const facts = { events: h("div", {}), console: h("div", {}), config: h("div", {}), environment: h("div", {}) };
  const legend = many ? legendPanel(store, runs, list, () => view, focus) : undefined;
  bar.element.append(finder.element);
  const content = h("div", { class: "content" }, bar.element, nav, body);
  const element = h(
    "div",
    { class: many ? "run many" : "run" },
    head,
    problems,
    h("div", { class: "layout" }, legend?.element, content),
  );

  const charts = new LiveCharts();
  function build(): void {
    const shown = sections(details, context, store);
    const pinned = starred();
    const all = shown.flatMap((section) => section.charts);
    for (const chart of all) addButtons(chart, build);
    charts.replace(all);
    const kept = pinned.flatMap((id) => all.find((chart) => chart.id === id) ?? []);
    const plain = inOrder(shown).map((section) => ({
      ...section,
      charts: section.charts.filter((one) => !kept.includes(one)),
    }));
    const withPins = kept.length > 0 ? [pinnedSection(kept), ...plain] : plain;
    const order = plain.map(({ id }) => id);
    const built = withPins
      .filter((section) => section.charts.length > 0 || (section.before?.length ?? 0) > 0)
      .map(({ id, title, charts: of, folded, before }) =>
        sectionElement({
          id,
          title,
          folded,
          cards: true,
          ...(before && { before }),
          content: of.map((chart) => chart.element),
          ...(order.includes(id) && { move: (by: -1 | 1) => moveSection(order, id, by) }),
        }),
      );
    const last = (
      [
        ["events", "Events", facts.events],
        ...(many ? [] : ([["console", "Console", facts.console]] as const)),
        ["config", many ? "Config, compared" : "Config", facts.config],
        ["environment", "Environment", facts.environment],
      ] as const
    ).map(([id, title, place]) => ({
      id,
      title,
      element: sectionElement({ id, title, folded: false, cards: false, content: [place] }),
    }));
    fill(body, ...built, ...last.map((one) => one.element));
    const links = [...withPins.filter(({ charts: of }) => of.length > 0), ...last].map(({ id, title }) => ({
      id,
      title,
    }));
    fill(
      nav,
      ...links.map(({ id, title }) =>
        h("button", { type: "button", onclick: () => document.getElementById(id)?.scrollIntoView() }, title),
      ),
    );
    finder.over(all, body);
    charts.start();
  }

  function moveSection(order: readonly string[], id: string, by: -1 | 1): void {
    const at = order.indexOf(id);
    const next = order.filter((one) => one !== id);
    next.splice(Math.max(0, at + by), 0, id);
    remember("sections", next.join("\n"));
    build();
  }

  function showFacts(): void {
    const all = list();
    const title = many ? `${runs.length} runs` : runs[0]!.label;
    document.title = `${title} · reluscope`;
    fill(
      head,
      h("div", { class: "run-title" }, h("h1", {}, title), many ? stateCounts(all) : stateBadge(all[0]!.summary.state)),
      !many && tiles(all[0]!, newest),
    );
    const faults = all.flatMap((one, i) => one.problems.map((text) => (many ? `${runs[i]!.label}: ${text}` : text)));
    fill(problems, problemList([...lost, ...faults]));
    fill(facts.config, configTable(runs, all));
    fill(facts.environment, environmentTable(runs, all));
    legend?.show();
  }

  let newest: Record<string, number | string> = {};
  async function readNewest(): Promise<void> {
    if (many) return;
    const series = await askSeries(ids[0]!, ["perf/tokens_per_second"], { axis: "step", points: 10 });
    newest = Object.fromEntries(Object.entries(series.latest).map(([key, { value }]) => [key, value]));
  }

  async function readEvents(): Promise<void> {
    const found =
      runs.length <= mostWithEvents
        ? await Promise.all(
            ids.map((id) =>
              askEvents(id)
                .then(({ events }) => events)
                .catch(() => []),
            ),
          )
        : await askManyEvents(ids);
    happenings = found.flatMap((events, i) => events.map((event) => ({ run: runs[i]!, event })));
    fill(facts.events, eventTable(happenings, many));
    if (!many) await showConsole(facts.console, ids[0]!);
  }

  async function readAgain(id: string): Promise<boolean> {
    const before = details.get(id);
    const after = await askRun(id);
    if (after.summary.state === "damaged") return false;
    details.set(id, after);
    return JSON.stringify([before?.keys, before?.charts]) !== JSON.stringify([after.keys, after.charts]);
  }

  let waiting: ReturnType<typeof setTimeout> | undefined;
  const changed = new Set<string>();
  function onChange({ id }: Pick<RunChange, "id">): void {
    if (!details.has(id)) return;
    changed.add(id);
    waiting ??= setTimeout(async () => {
      const now = [...changed];
      changed.clear();
      try {
        const other = await Promise.all(now.map(readAgain));
        await Promise.all([readEvents(), readNewest()]);
        if (other.some((yes) => yes)) build();
        showFacts();
        charts.refresh();
      } finally {
        waiting = undefined;
        if (changed.size > 0) onChange({ id: [...changed][0]! });
      }
    }, refreshEvery(runs.length));
  }

  function reshape(): void {
    view = manyView(store.current, runs, list(), theme());
    legend?.show();
  }

  function onState(state: State, before: State): void {
    bar.show(state);
    const same = (of: (one: State) => unknown) => JSON.stringify(of(state)) === JSON.stringify(of(before));
    if (!same(({ group, colour, hidden, baseline }) => [group, colour, hidden, baseline])) reshape();
    if (!same(({ axis, range, group, baseline }) => [axis, range, group, baseline])) charts.refresh();
    else if (!same(({ log }) => log) && view.by.length > 0) charts.refresh();
    else if (!same(({ log, smooth, logY, colour, hidden }) => [log, smooth, logY, colour, hidden])) charts.redraw();
  }

  build();
  bar.show(store.current);
  await Promise.all([readEvents(), readNewest().catch(() => {})]);
  showFacts();
  const unsubscribe = store.subscribe(onState);
  const deaf = listen(ids, false, { run: onChange, connected });
  const redrawAll = () => {
    reshape();
    showFacts();
    charts.redraw();
  };
  document.addEventListener("themechange", redrawAll);
  return {
    element,
    destroy() {
      clearTimeout(waiting);
      unsubscribe();
      deaf();
      legend?.destroy();
      document.removeEventListener("themechange", redrawAll);
      charts.destroy();
    },
  };
}

function pinnedSection(charts: readonly LiveChart[]): Section {
  return { id: "pinned", title: "Pinned", charts, folded: false };
}

/** Sections as someone has put them; new ones where they belong. */
function inOrder<T extends { readonly id: string }>(shown: readonly T[]): readonly T[] {
  const kept = (remembered("sections") ?? "").split("\n");
  const at = (id: string, i: number) => (kept.includes(id) ? kept.indexOf(id) : i);
  return [...shown]
    .map((one, i) => ({ one, at: at(one.id, i) }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

function nothingToShow(lost: readonly string[], store: Store): Page {
  const element = h(
    "div",
    { class: "run" },
    h("h1", {}, store.current.runs.length === 1 ? "No such run" : "No such runs"),
    problemList(lost),
    h(
      "p",
      { class: "empty" },
      "It may have been removed or renamed, or the viewer shows another folder. ",
      h("a", { href: "#" }, "All runs"),
    ),
  );
  return { element, destroy() {} };
}
