/** The runs of one folder as the page asks for them, with as many of them open as memory allows. */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { DeclaredChart } from "../core/contract/chart.ts";
import { mostMetrics } from "../core/record/bounds.ts";
import { corpusLine, corpusRecord } from "../core/record/corpus.ts";
import type { PluginRecord, RunFile } from "../core/record/format.ts";
import { readConsole } from "../core/record/health.ts";
import { holesText, noHoles } from "../core/record/holes.ts";
import { observedLine } from "../core/record/observed.ts";
import { readRun } from "../core/record/runs.ts";
import { systemMetrics } from "../core/record/system-monitor.ts";
import type { ArrayTable, ConsoleLog, EventList, RunChange, RunDetail, RunList, RunSeries } from "./api.ts";
import { flatten } from "./charts/flat-config.ts";
import { parseKey } from "./charts/metric-key.ts";
import { type ColumnQuestion, Columns, type ColumnValues } from "./columns.ts";
import { runDirectory } from "./guard.ts";
import { OpenedRun } from "./opened-run.ts";
import type { Axis } from "./series/axes.ts";
import type { Window } from "./series/decimate.ts";
import { indexFolder } from "./series/disk-index.ts";
import type { Store } from "./series/store.ts";
import { Summaries } from "./summaries.ts";
import { arrayKeys, EventsOf, readArrayTable, readCharts } from "./tables.ts";
import { type UnitRecord, unitRecord } from "./units.ts";

/** ms within which questions belong to one look at a page. */
const oneLook = 30_000;

export interface LibraryOptions {
  /** Show this run alone. */
  readonly only?: string;
  /** Where indexes of long runs are kept; default the user's cache folder. */
  readonly indexFolder?: string;
  /** Bytes of numbers that may be held open; default 160 MiB: 120 runs of 240 rows with 560 metrics take 139 MB. */
  readonly budget?: number;
}

export class Library {
  private readonly root: string;
  private readonly summaries: Summaries;
  private readonly opened = new Map<string, OpenedRun>();
  private readonly events = new Map<string, EventsOf>();
  private readonly folder: string;
  private readonly columns = new Columns();
  private readonly budget: number;

  constructor(root: string, options: LibraryOptions = {}) {
    // A folder that is not there yet has no runs: the page waits for the first.
    this.root = existsSync(root) ? realpathSync(root) : root;
    this.summaries = new Summaries(this.root, options.only);
    this.folder = options.indexFolder ?? indexFolder();
    this.budget = options.budget ?? 160 << 20;
  }

  list(): Promise<RunList> {
    return this.summaries.list();
  }

  /** One number of each run; of `only` these, where any are named. */
  async column(question: ColumnQuestion, only: readonly string[] = []): Promise<ColumnValues> {
    const wanted = new Set(only);
    const { runs } = await this.list();
    const asked = runs.filter(({ id, state }) => state !== "damaged" && (wanted.size === 0 || wanted.has(id)));
    const sound = asked.map(({ id }) => [id, join(this.root, id)] as const);
    return this.columns.read(sound, question);
  }

  /** Undefined when there is no such run; throws when its run.json cannot be read. */
  async detail(id: string): Promise<RunDetail | undefined> {
    const summary = this.summaries.one(id);
    if (!summary) return undefined;
    if (summary.state === "damaged") return { ...nothing, summary, problems: [summary.problem ?? ""] };
    const dir = await this.directory(id);
    const { run } = readRun(dir);
    const { charts, problems } = readCharts(dir);
    const open = await this.open(id, dir);
    const told = await this.eventsOf(id, dir);
    const missing = open.read < 1 ? undefined : holesText(open.holes, run);
    const garbage = [
      missing === undefined ? "" : `rows.jsonl: ${missing}.`,
      open.garbage > 0 ? `rows.jsonl: ${open.garbage} lines are no rows; skipped.` : "",
      open.crowded ? `rows.jsonl: more than ${mostMetrics} metrics; those beyond are left out.` : "",
      told.lines > 0 ? `events.jsonl: ${told.lines} lines are no events; skipped.` : "",
    ].filter((text) => text !== "");
    const corpus = corpusRecord(run.corpus);
    const { config, sources, versions, engine, seed, model, tokensPerStep, attempts, metrics } = run;
    return {
      summary,
      config: flatten(config),
      sources,
      versions,
      engine,
      seed,
      text: corpus ? corpusLine(corpus) : "",
      observed: observedLine(run.observed),
      model,
      tokensPerStep,
      attempts,
      plugins: (run.plugins ?? []).filter(({ from }) => from !== "reluscope").map(pluginLine),
      origin: originOf(run),
      metrics: [...metrics, ...systemInfo],
      charts,
      keys: open.keys,
      arrayKeys: await arrayKeys(dir, metrics).catch(() => []),
      rows: open.rows,
      problems: [...problems, ...garbage],
    };
  }

  async series(id: string, keys: readonly string[], window: Window): Promise<RunSeries> {
    const open = await this.open(id, await this.directory(id));
    return open.series(keys, window);
  }

  /** The same with bounds on the time axis in hours since the run began. */
  async seriesSinceStart(id: string, keys: readonly string[], { axis, from, to, points }: Window): Promise<RunSeries> {
    const { open, startedAt } = await this.opening(id);
    const bound = (at: number | undefined) => (at === undefined || axis !== "time" ? at : startedAt + at * 3_600_000);
    const ends = { from: bound(from), to: bound(to) };
    return open.series(keys, { axis, points, ...defined(ends) });
  }

  /** The rows that hold these metrics, where their time axis begins, and how much of them has been read. */
  async storeOf(
    id: string,
    keys: readonly string[],
    axis: Axis,
  ): Promise<{ store: Store; origin: number; read: number }> {
    const { open, startedAt } = await this.opening(id);
    return { store: open.storeOf(keys), origin: axis === "time" ? startedAt : 0, read: open.read };
  }

  private async opening(id: string): Promise<{ open: OpenedRun; startedAt: number }> {
    const open = await this.open(id, await this.directory(id));
    return { open, startedAt: this.summaries.one(id)?.createdAt ?? 0 };
  }

  /** Resolves when all rows of a run have been read: reports are not made of samples. */
  async whole(id: string): Promise<void> {
    const open = await this.open(id, await this.directory(id));
    await open.whole();
  }

  async eventList(id: string): Promise<EventList> {
    const { events, total } = await this.eventsOf(id, await this.directory(id));
    return { events, total };
  }

  /** The newest lines that a run printed. */
  async console(id: string): Promise<ConsoleLog> {
    return { lines: readConsole(await this.directory(id)) };
  }

  /** The arrays that a chart wants, of `most` elements at most. */
  async arrays(
    id: string,
    chart: Pick<DeclaredChart, "section" | "only" | "steps">,
    most?: number,
  ): Promise<ArrayTable> {
    const dir = await this.directory(id);
    const { run } = readRun(dir);
    const wanted = (key: string) => {
      const { section, metric } = parseKey(key);
      return section === chart.section && (chart.only === undefined || chart.only.includes(metric));
    };
    return readArrayTable(dir, wanted, chart.steps, run.tokensPerStep, most);
  }

  /** Everything on record of one unit. */
  async unit(id: string, layer: number, unit: number): Promise<UnitRecord> {
    const dir = await this.directory(id);
    const { events } = await this.eventsOf(id, dir);
    return unitRecord(dir, events, layer, unit);
  }

  /** What a live view of a run wants to know; undefined when there is no such run. */
  async change(id: string): Promise<RunChange | undefined> {
    const summary = this.summaries.one(id);
    if (!summary) return undefined;
    const { state, step, loss } = summary;
    const open = this.opened.get(id);
    if (open) await open.refresh();
    return { id, state, step, rows: open?.rows ?? 0, loss, read: open?.read ?? 1 };
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((run) => run.close()));
    this.opened.clear();
  }

  private async directory(id: string): Promise<string> {
    const summary = this.summaries.one(id);
    const dir = summary && summary.state !== "damaged" ? runDirectory(this.root, id) : undefined;
    if (dir === undefined) throw new NoSuchRun(id);
    return dir;
  }

  private async open(id: string, dir: string): Promise<OpenedRun> {
    let run = this.opened.get(id);
    if (!run) {
      run = new OpenedRun(dir, { indexFolder: this.folder, begin: noHoles(readRun(dir).run) });
      this.opened.set(id, run);
    }
    await run.refresh();
    this.closeSome(run);
    return run;
  }

  private eventsOf(id: string, dir: string) {
    const known = this.events.get(id) ?? new EventsOf();
    this.events.set(id, known);
    return known.read(dir);
  }

  /**
   * Closes runs until the others fit: those first that were looked at longest ago. Where even these are part of what is looked at
   * now, a page asks for more than fits, over and over in one order: then the newest go, or each would be closed before its turn.
   */
  private closeSome(kept: OpenedRun): void {
    const byAge = [...this.opened].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    const together = (byAge[0]?.[1].usedAt ?? 0) > Date.now() - oneLook;
    let bytes = byAge.reduce((sum, [, run]) => sum + run.bytes, 0);
    for (const [id, run] of together ? byAge.filter(([, { reads }]) => !reads).reverse() : byAge) {
      if (bytes <= this.budget) return;
      if (run === kept) continue;
      bytes -= run.bytes;
      this.opened.delete(id);
      this.events.delete(id);
      void run.close();
    }
  }
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** Asked for a run that is not in the folder, or that cannot be read. */
export class NoSuchRun extends Error {
  constructor(id: string) {
    super(`no run ${JSON.stringify(id)} in this folder`);
    this.name = "NoSuchRun";
  }
}

function pluginLine({ kind, name, from, version, file, sha256 }: PluginRecord): string {
  const where = from === "file" ? (file ?? "a file") : `package ${version ?? ""}`.trim();
  return `${kind} ${name} (${where}${sha256 === undefined ? "" : `, SHA-256 ${sha256.slice(0, 12)}…`})`;
}

function originOf({ fork, sweep }: RunFile): string {
  const arm = fork?.arm === undefined ? "" : `, arm ${fork.arm}`;
  const parts = [fork && `run ${fork.run}, step ${fork.step}${arm}`, sweep && `sweep ${sweep.name}`];
  return parts.filter((part) => part !== undefined).join("; ");
}

const systemInfo = Object.entries(systemMetrics).map(([name, description]) => ({ key: `system/${name}`, description }));

const nothing = {
  config: {},
  sources: {},
  versions: {},
  engine: { name: "", device: "" },
  seed: 0,
  text: "",
  observed: "",
  model: null,
  tokensPerStep: 0,
  attempts: [],
  plugins: [],
  origin: "",
  metrics: [],
  charts: [],
  keys: [],
  arrayKeys: [],
  rows: 0,
};
