/** The page of one run, or of several over one another. */
import type { RunChange, RunDetail } from "../api.ts";
import { inks, runColour, type Theme } from "../charts/palette.ts";
import type { ShownRun } from "../charts/panels.ts";
import { askEvents, askRun, listen } from "./api.ts";
import type { ChartContext, LiveChart } from "./chart-context.ts";
import { announce, fill, h } from "./dom.ts";
import { configTable, environmentTable, eventTable, runChips, tiles } from "./facts.ts";
import { type Happening, marksOf, wordsFor } from "./happenings.ts";
import { type Section, sections } from "./sections.ts";
import type { State, Store } from "./state.ts";
import { stateBadge } from "./state-badge.ts";
import { toolbar } from "./toolbar.ts";

export interface Page {
  readonly element: HTMLElement;
  destroy(): void;
}

/** Charts ask again at most this often while a run goes on; ms. */
const refreshEvery = 1000;

/** Reads the runs and builds their page. */
export async function runPage(store: Store, theme: () => Theme, connected: (yes: boolean) => void): Promise<Page> {
  const ids = store.current.runs;
  const answers = await Promise.all(ids.map((id) => askRun(id).catch((thrown: unknown) => String(thrown))));
  const details = new Map<string, RunDetail>();
  const lost: string[] = [];
  for (const [i, answer] of answers.entries()) {
    if (typeof answer === "string") lost.push(`${ids[i]}: ${answer}`);
    else if (answer.summary.state === "damaged") lost.push(`${ids[i]}: ${answer.summary.problem}`);
    else details.set(ids[i]!, answer);
  }
  const runs = shownRuns([...details.values()]);
  if (runs.length === 0)
    return { element: h("div", {}, problemList(lost.length > 0 ? lost : ["No such run."])), destroy() {} };
  let happenings: readonly Happening[] = [];
  const list = () => [...details.values()];

  const context: ChartContext = {
    runs,
    state: () => store.current,
    theme,
    background: () => inks[theme()].background,
    live: () => list().some(({ summary }) => summary.state === "running"),
    marks: () => marksOf(happenings, store.current.axis, theme()),
    happened: (from, to) => wordsFor(happenings, store.current.axis, from, to, runs.length),
    zoom: (range) => store.set({ range }),
    toggleLogY(id) {
      const { logY } = store.current;
      store.set({ logY: logY.includes(id) ? logY.filter((one) => one !== id) : [...logY, id] });
    },
    fileStem: () => (runs.length === 1 ? runs[0]!.label : `${runs.length}-runs`),
  };

  const bar = toolbar(store);
  const head = h("div", { class: "run-head" });
  const problems = h("div", {});
  const nav = h("nav", { class: "toc", "aria-label": "Sections" });
  const body = h("div", {});
  const facts = { events: h("div", {}), config: h("div", {}), environment: h("div", {}) };
  const element = h("div", { class: "run" }, head, problems, bar.element, nav, body);

  let shown: readonly Section[] = [];
  const visible = new Set<LiveChart>();
  const stale = new Set<LiveChart>();
  const byElement = new Map<Element, LiveChart>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const chart = byElement.get(target);
        if (!chart) continue;
        if (!isIntersecting) visible.delete(chart);
        else {
          visible.add(chart);
          if (stale.delete(chart)) refresh(chart);
        }
      }
    },
    { rootMargin: "300px" },
  );

  function refresh(chart: LiveChart): void {
    chart.update().catch((thrown: unknown) => announce(`A chart could not be drawn: ${thrown}`));
  }

  /** Every chart needs new data; those out of sight get theirs when they come into view. */
  function refreshAll(): void {
    for (const chart of byElement.values()) {
      if (visible.has(chart)) refresh(chart);
      else stale.add(chart);
    }
  }

  function build(): void {
    for (const chart of byElement.values()) {
      observer.unobserve(chart.element);
      chart.destroy();
    }
    byElement.clear();
    visible.clear();
    shown = sections(details, context);
    for (const chart of shown.flatMap(({ charts }) => charts)) {
      byElement.set(chart.element, chart);
      stale.add(chart);
    }
    const last: [string, string, HTMLElement][] = [
      ["events", "Events", facts.events],
      ["config", runs.length > 1 ? "Config, compared" : "Config", facts.config],
      ["environment", "Environment", facts.environment],
    ];
    fill(
      body,
      ...shown.map((section) => sectionElement(section)),
      ...last.map(([id, title, place]) => h("section", { id, class: "section" }, h("h2", {}, title), place)),
    );
    const links = [
      ...shown.map(({ id, title }) => [id, title] as const),
      ...last.map(([id, title]) => [id, title] as const),
    ];
    fill(
      nav,
      ...links.map(([id, title]) =>
        h(
          "button",
          { type: "button", onclick: () => document.getElementById(id)?.scrollIntoView({ behavior: "auto" }) },
          title,
        ),
      ),
    );
    for (const chart of byElement.values()) observer.observe(chart.element);
  }

  function showFacts(): void {
    const all = list();
    const latest = Object.fromEntries(
      [...byElement.values()].length > 0 ? Object.entries(newest.get(runs[0]!.id) ?? {}) : [],
    );
    const title = runs.length === 1 ? runs[0]!.label : `${runs.length} runs`;
    document.title = `${title} · reluscope`;
    fill(
      head,
      h("div", { class: "run-title" }, h("h1", {}, title), runs.length === 1 && stateBadge(all[0]!.summary.state)),
      runs.length > 1 &&
        runChips(
          runs,
          all,
          runs.map((_, i) => runColour(i, theme())),
          (id) => store.set({ runs: store.current.runs.filter((one) => one !== id) }),
        ),
      runs.length === 1 && tiles(all[0]!, latest),
    );
    fill(
      problems,
      problemList([...lost, ...all.flatMap((one, i) => one.problems.map((text) => `${runs[i]!.label}: ${text}`))]),
    );
    fill(facts.config, configTable(runs, all));
    fill(facts.environment, environmentTable(runs, all));
  }

  const newest = new Map<string, Record<string, number | string>>();
  async function readNewest(): Promise<void> {
    if (runs.length !== 1) return;
    const { askSeries } = await import("./api.ts");
    const series = await askSeries(runs[0]!.id, ["perf/tokens_per_second"], { axis: "step", points: 10 });
    newest.set(runs[0]!.id, Object.fromEntries(Object.entries(series.latest).map(([key, { value }]) => [key, value])));
  }

  async function readEvents(): Promise<void> {
    const all = await Promise.all(runs.map((run) => askEvents(run.id).catch(() => ({ events: [], total: 0 }))));
    happenings = all.flatMap(({ events }, i) => events.map((event) => ({ run: runs[i]!, event })));
    fill(facts.events, eventTable(happenings, runs.length > 1));
  }

  async function readAgain(id: string): Promise<void> {
    const before = details.get(id);
    const after = await askRun(id);
    if (after.summary.state === "damaged") return;
    details.set(id, after);
    const shape = (one?: RunDetail) => JSON.stringify([one?.keys, one?.charts]);
    if (shape(before) !== shape(after)) build();
  }

  let waiting: ReturnType<typeof setTimeout> | undefined;
  const changed = new Set<string>();
  function onChange({ id }: RunChange): void {
    changed.add(id);
    waiting ??= setTimeout(async () => {
      const now = [...changed];
      changed.clear();
      try {
        await Promise.all(now.map(readAgain));
        await Promise.all([readEvents(), readNewest()]);
        showFacts();
        refreshAll();
      } finally {
        waiting = undefined;
        if (changed.size > 0) onChange({ id: [...changed][0]! } as RunChange);
      }
    }, refreshEvery);
  }

  function onState(state: State, before: State): void {
    bar.show(state);
    if (state.axis !== before.axis || state.range?.join() !== before.range?.join()) refreshAll();
    else if (state.log !== before.log || state.smooth !== before.smooth || state.logY.join() !== before.logY.join())
      for (const chart of byElement.values()) if (!stale.has(chart)) chart.redraw();
  }

  build();
  bar.show(store.current);
  await Promise.all([readEvents(), readNewest().catch(() => {})]);
  showFacts();
  const unsubscribe = store.subscribe(onState);
  const deaf = listen(ids, false, { run: onChange, connected });
  const redrawAll = () => {
    showFacts();
    for (const chart of byElement.values()) if (!stale.has(chart)) chart.redraw();
  };
  document.addEventListener("themechange", redrawAll);
  return {
    element,
    destroy() {
      clearTimeout(waiting);
      unsubscribe();
      deaf();
      observer.disconnect();
      document.removeEventListener("themechange", redrawAll);
      for (const chart of byElement.values()) chart.destroy();
    },
  };
}

function sectionElement({ id, title, charts, folded }: Section): HTMLElement {
  const grid = h("div", { class: "grid" }, ...charts.map(({ element }) => element));
  if (!folded) return h("section", { id, class: "section" }, h("h2", {}, title), grid);
  return h("section", { id, class: "section" }, h("details", {}, h("summary", {}, h("h2", {}, title)), grid));
}

function problemList(problems: readonly string[]): HTMLElement | null {
  if (problems.length === 0) return null;
  return h("ul", { class: "problems", role: "alert" }, ...problems.map((text) => h("li", {}, text)));
}

/** Names, made unique where runs share one. */
function shownRuns(details: readonly RunDetail[]): ShownRun[] {
  const names = details.map(({ summary }) => summary.name);
  return details.map(({ summary, model }) => ({
    id: summary.id,
    label: names.filter((name) => name === summary.name).length > 1 ? `${summary.name} (${summary.id})` : summary.name,
    createdAt: summary.createdAt,
    layers: model?.n_layers ?? 1,
  }));
}
