/** The list of runs: what a line of it says, kept while the files it was told from have not changed. */
import { lstatSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { reasonOf } from "../core/errors/errors.ts";
import { files, type StoredRow } from "../core/record/format.ts";
import { readLabels } from "../core/record/labels.ts";
import { parseRow } from "../core/record/lines.ts";
import { trainerState } from "../core/record/lock.ts";
import { runState } from "../core/record/run-file.ts";
import { type FoundRun, readRun } from "../core/record/runs.ts";
import { linesBackwards } from "../core/record/tail.ts";
import type { RunList, RunSummary } from "./api.ts";
import { flatten } from "./charts/flat-config.ts";
import { runDirectory } from "./guard.ts";

/** ms that a list may take before requests that wait have their turn. */
const longestTurn = 20;

interface Known {
  readonly stamp: string;
  readonly summary: RunSummary;
  /** Of a run that has no outcome: what its state is told from. Run files are not kept, they are long. */
  readonly open?: FoundRun["run"];
  /** Keys of its metrics; runs of one kind share one list. */
  readonly metrics?: readonly string[];
}

/** Summaries of the runs in one folder. */
export class Summaries {
  private readonly known = new Map<string, Known>();
  private readonly root: string;
  private readonly only: string | undefined;

  /** With `only`, that run alone. */
  constructor(root: string, only?: string) {
    this.root = root;
    this.only = only;
  }

  async list(): Promise<RunList> {
    const ids = new Set(await this.ids());
    for (const id of this.known.keys()) if (!ids.has(id)) this.known.delete(id);
    const runs: RunSummary[] = [];
    let begun = performance.now();
    for (const id of ids) {
      const summary = this.one(id);
      if (summary) runs.push(summary);
      if (performance.now() - begun < longestTurn) continue;
      await new Promise((others) => setImmediate(others));
      begun = performance.now();
    }
    const declared = new Set([...this.known.values()].map(({ metrics }) => metrics ?? []));
    return { folder: basename(this.root), ...split(runs), metrics: [...new Set([...declared].flat())] };
  }

  /** One run; undefined when `id` is none. */
  one(id: string): RunSummary | undefined {
    if (this.only !== undefined && id !== this.only) return undefined;
    const dir = runDirectory(this.root, id);
    if (dir === undefined) return undefined;
    const [run, rows, labels] = [files.run, files.rows, files.labels].map((name) => stampOf(join(dir, name)));
    if (run === none && rows === none) return undefined;
    // The directory's own: a name that has become a link or a pipe since is looked at again.
    const stamp = [run, rows, labels, stampOf(dir)].join(" ");
    const before = this.known.get(id);
    if (before?.stamp === stamp) return withState(before, dir);
    const known = { stamp, ...summarize(id, dir) };
    this.known.set(id, known);
    return known.summary;
  }

  private async ids(): Promise<string[]> {
    try {
      const entries = await readdir(this.root, { withFileTypes: true });
      return entries.filter((entry) => !entry.isFile() && !entry.name.startsWith(".")).map((entry) => entry.name);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw thrown;
    }
  }
}

function summarize(id: string, dir: string): Omit<Known, "stamp"> {
  let found: FoundRun;
  try {
    found = readRun(dir);
  } catch (thrown) {
    return { summary: damaged(id, withoutPath(reasonOf(thrown), dir)) };
  }
  const { run, state } = found;
  const { newest, loss, evalLoss } = tailOf(dir);
  const labels = readLabels(dir);
  const summary: RunSummary = {
    id,
    name: labels.name || run.name,
    ...(labels.name !== "" && labels.name !== run.name && { ownName: run.name }),
    tags: labels.tags,
    note: labels.note,
    archived: labels.archived,
    state,
    createdAt: run.createdAt,
    updatedAt: newest?.time ?? 0,
    step: newest?.step ?? 0,
    steps: run.steps,
    tokens: newest?.tokens ?? 0,
    loss,
    evalLoss,
    config: flatten(run.config),
  };
  const metrics = shared(run.metrics.map(({ key }) => key));
  return run.attempts.at(-1)?.outcome ? { summary, metrics } : { summary, metrics, open: run };
}

const lists = new Map<string, readonly string[]>();

/** One list where several are equal. */
function shared(list: readonly string[]): readonly string[] {
  const name = list.join("\n");
  const known = lists.get(name) ?? list;
  lists.set(name, known);
  return known;
}

/** A run that has no outcome may have died since: its lock is looked at each time. */
function withState({ summary, open }: Known, dir: string): RunSummary {
  return open ? { ...summary, state: runState(open, trainerState(dir)) } : summary;
}

/** What the last lines of rows.jsonl say: 64 of them at most, as an evaluation is not in every row. */
function tailOf(dir: string) {
  let newest: StoredRow | undefined;
  let loss: number | string | null = null;
  let evalLoss: number | string | null = null;
  let lines = 0;
  try {
    for (const line of linesBackwards(join(dir, files.rows))) {
      if (++lines > 64) break;
      // Parsing is what costs: a line that names neither is not worth it.
      if (
        newest &&
        !(evalLoss === null && line.includes('"eval/loss"')) &&
        !(loss === null && line.includes('"train/loss"'))
      )
        continue;
      const row = parseRow(line);
      newest ??= row;
      loss ??= spelled(row?.metrics["train/loss"]);
      evalLoss ??= spelled(row?.metrics["eval/loss"]);
      if (newest && loss !== null && evalLoss !== null) break;
    }
  } catch {
    // What was read so far is told; the rest of the page says what is wrong with the file.
  }
  return { newest, loss, evalLoss };
}

/** A number as JSON can hold it. */
export function spelled(value: number | undefined): number | string | null {
  if (value === undefined) return null;
  return Number.isFinite(value) ? value : String(value);
}

function damaged(id: string, problem: string): RunSummary {
  const nothing = {
    createdAt: 0,
    updatedAt: 0,
    step: 0,
    steps: 0,
    tokens: 0,
    loss: null,
    evalLoss: null,
    config: {},
    tags: [],
    note: "",
    archived: false,
  };
  return { id, name: id, state: "damaged", ...nothing, problem };
}

/** Config values that differ stay with the runs; the others are told once. */
function split(runs: readonly RunSummary[]): Omit<RunList, "folder" | "metrics"> {
  const sound = runs.filter((run) => run.state !== "damaged");
  const keys = new Set(sound.flatMap((run) => Object.keys(run.config)));
  const shared: Record<string, unknown> = {};
  for (const key of keys) {
    const value = sound[0]?.config[key];
    if (value !== undefined && sound.every((run) => run.config[key] === value)) shared[key] = value;
  }
  const own = (config: RunSummary["config"]) => Object.entries(config).filter(([key]) => !(key in shared));
  return { shared, runs: runs.map((run) => ({ ...run, config: Object.fromEntries(own(run.config)) })) };
}

function withoutPath(message: string, dir: string): string {
  return message.replaceAll(`${dir}/`, "");
}

function stampOf(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : none;
}

const none = "-";
