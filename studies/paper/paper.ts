/** The tables and figures of arXiv 2407.07848, measured on runs of one's own at a batch of one's choice. */
import type { EvalWindows } from "../../core/data/windows.ts";
import type { NamedArrays } from "../../core/engine/engine.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { readRun } from "../../core/record/runs.ts";
import type { Estimate } from "../../statistics/jackknife.ts";
import { acrossSeeds } from "../../statistics/seeds.ts";
import { fewHeldOut, noCheckpointAt } from "../errors.ts";
import { opened } from "../observe/looking.ts";
import { checkpointSteps, openCheckpoints } from "../observe/stored.ts";
import { type PruneReport, pruneRun } from "../prune.ts";
import { createWindowCounter } from "../windows.ts";
import { type CheckpointCounts, countCheckpoint } from "./counts.ts";
import { type Switches, switchesOf, type UseName, type Uses, useNames, usesOf } from "./uses.ts";

/** What is asked for. */
export interface PaperOptions {
  readonly dirs: readonly string[];
  /** Tokens in a batch, whatever the runs' own was. */
  readonly tokens: number;
  /** Steps of checkpoints; all that every run has without. */
  readonly at?: readonly number[];
  /** Called before each checkpoint is measured. */
  readonly progress?: (run: string, step: number) => void;
}

/** One checkpoint of one run, layer by layer. */
export interface PaperCheckpoint {
  readonly step: number;
  readonly layers: readonly Uses[];
}

/** On and off between two checkpoints that follow each other. */
export interface PaperSwitches {
  readonly from: number;
  readonly to: number;
  readonly layers: readonly Switches[];
}

/** One run. */
export interface PaperRun {
  readonly run: string;
  readonly seed: number;
  readonly windows: number;
  readonly documents: number;
  readonly checkpoints: readonly PaperCheckpoint[];
  readonly switches: readonly PaperSwitches[];
  readonly prune: PruneReport;
  /** What "fires" means, where that is not above zero behind a ReLU. */
  readonly meaning?: string;
}

/** What `experiment paper` prints. */
export interface PaperReport {
  /** Tokens in a batch: a whole number of windows. */
  readonly tokens: number;
  readonly steps: readonly number[];
  readonly runs: readonly PaperRun[];
  /** Mean over runs with its t interval over seeds, by step and layer; absent for one run. */
  readonly seeds?: readonly (readonly Readonly<Record<UseName, Estimate>>[])[];
}

/** Windows that are measured, in batches: more than a batch, so that what one batch holds can be told from what any does. */
const batches = 8;

/** Measures. Throws `usage` where runs have no checkpoint in common, or too little held-out text for a batch. */
export async function paperOf(options: PaperOptions, plugins: PluginTable): Promise<PaperReport> {
  const steps = await stepsOf(options);
  const runs: PaperRun[] = [];
  for (const dir of options.dirs) runs.push(await measureRun(dir, steps, options, plugins));
  const { n_ctx } = readRun(options.dirs[0]!).run.model;
  const tokens = Math.ceil(options.tokens / n_ctx) * n_ctx;
  return { tokens, steps, runs, ...(runs.length > 1 && { seeds: overSeeds(runs, steps) }) };
}

async function stepsOf({ dirs, at }: PaperOptions): Promise<number[]> {
  const each = await Promise.all(dirs.map(checkpointSteps));
  const common = (each[0] ?? []).filter((step) => each.every((own) => own.includes(step)));
  const wanted = [...new Set(at ?? common)].sort((a, b) => a - b);
  for (const [k, dir] of dirs.entries()) {
    const missing = wanted.find((step) => !each[k]!.includes(step));
    if (missing !== undefined || wanted.length === 0) throw noCheckpointAt(readRun(dir).run.id, missing, each[k]!);
  }
  return wanted;
}

async function measureRun(
  dir: string,
  steps: readonly number[],
  { tokens, progress }: PaperOptions,
  plugins: PluginTable,
): Promise<PaperRun> {
  const { run } = readRun(dir);
  const looking = await openCheckpoints(dir, plugins);
  const counts: CheckpointCounts[] = [];
  let documents = 0;
  try {
    const batch = Math.ceil(tokens / run.model.n_ctx);
    const windows = shuffled(looking.windows(batches * batch));
    if (windows.count < 2 * batch) throw fewHeldOut(run.id, windows.count, 2 * batch, run.model.n_ctx);
    documents = new Set(windows.documents).size;
    const counter = await createWindowCounter(looking, windows);
    for (const step of steps) {
      progress?.(run.id, step);
      const subject = looking.subjects.find((one) => one.step === step);
      if (subject === undefined) throw noCheckpointAt(run.id, step, steps);
      const count = (parameters: NamedArrays) => countCheckpoint(run.model, counter, parameters, windows, batch);
      counts.push(await opened(subject, (open) => count(open.parameters())));
    }
    counter.dispose();
  } finally {
    await looking.open.close();
  }
  const at = { dir, at: steps.at(-1)!, tokens, shares: [0.5, 0.9] };
  const switches = counts.slice(1).map((after, k) => ({
    from: steps[k]!,
    to: steps[k + 1]!,
    layers: after.layers.map((layer, l) => switchesOf(counts[k]!.layers[l]!, layer)),
  }));
  const prune = await pruneRun(at, plugins);
  return {
    run: run.id,
    seed: run.seed,
    windows: counts[0]!.windows,
    documents,
    checkpoints: counts.map((one, k) => ({ step: steps[k]!, layers: one.layers.map((layer) => usesOf(layer, one)) })),
    switches,
    prune,
    ...(prune.meaning !== undefined && { meaning: prune.meaning }),
  };
}

/** The same windows in an order that spreads over the text: every `batches`-th first, so that the samples are of all documents. */
function shuffled(windows: EvalWindows): EvalWindows {
  const order = Array.from({ length: batches }, (_, k) => k).flatMap((k) =>
    Array.from({ length: Math.ceil((windows.count - k) / batches) }, (_, i) => k + i * batches),
  );
  const rows = ({ shape, data }: EvalWindows["tokens"]) => {
    const width = shape[1]!;
    const moved = new Int32Array(data.length);
    for (const [to, from] of order.entries()) moved.set(data.subarray(from * width, (from + 1) * width), to * width);
    return { shape, data: moved };
  };
  const documents = Int32Array.from(order, (from) => windows.documents[from]!);
  return { ...windows, tokens: rows(windows.tokens), targets: rows(windows.targets), documents };
}

function overSeeds(runs: readonly PaperRun[], steps: readonly number[]): NonNullable<PaperReport["seeds"]> {
  return steps.map((_, k) =>
    runs[0]!.checkpoints[k]!.layers.map((__, l) => {
      const named = useNames.map((name) => {
        const values = runs.map(({ checkpoints }) => checkpoints[k]!.layers[l]![name].value);
        return [name, acrossSeeds(values)] as const;
      });
      return Object.fromEntries(named) as Record<UseName, Estimate>;
    }),
  );
}
