/** What units are worth: held-out loss after the silent and the least used ones are removed. */
import { type NDArray, sizeOf } from "../core/arrays/ndarray.ts";
import type { ModelInstance } from "../core/contract/model.ts";
import type { NamedArrays } from "../core/engine/engine.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { firingMeaning } from "../core/record/observed.ts";
import { readRun } from "../core/record/runs.ts";
import type { StoredRunOptions } from "../core/run/open.ts";
import { summariseWindows } from "../core/step/evaluation.ts";
import { mean } from "../statistics/moments.ts";
import { noCheckpointAt } from "./errors.ts";
import { createFiringCounter } from "./firings.ts";
import { type Looking, opened } from "./observe/looking.ts";
import { checkpointSteps, openCheckpoints } from "./observe/stored.ts";
import type { OpenSubject } from "./observe/subject.ts";
import { createScorer } from "./windows.ts";

/** One removal. */
export interface Removal {
  /** A layer, or all of them at once. */
  readonly layer: number | "all";
  /** `silent`, or the share of least used units. */
  readonly removed: "silent" | number;
  /** Units removed. */
  readonly units: number;
  /** Held-out loss after it, minus before it, nats per token. */
  readonly lossIncrease: number;
  /** Its standard error over held-out documents, paired; NaN where all windows are of one. */
  readonly standardError: number;
  /** Share of held-out tokens foretold after it, minus before it, and its error. */
  readonly accuracyChange: number;
  readonly accuracyError: number;
}

/** What `experiment prune` prints. */
export interface PruneReport {
  readonly run: string;
  readonly step: number;
  /** Tokens over which firings were counted: what "silent" is relative to. */
  readonly tokens: number;
  readonly loss: number;
  /** Share of held-out tokens that are the likeliest by the model. */
  readonly accuracy: number;
  readonly windows: number;
  readonly documents: number;
  readonly removals: readonly Removal[];
  /** What "fires" means, where that is not above zero behind a ReLU. */
  readonly meaning?: string;
}

/** What it asks for. */
export interface PruneOptions extends StoredRunOptions {
  /** A run, trained here or observed. */
  readonly dir: string;
  /** Step of the checkpoint; the newest without. */
  readonly at?: number;
  readonly tokens: number;
  readonly shares: readonly number[];
}

/** Removes units by zeroing what they write: silent ones, and those that fire at the fewest tokens, layer by layer and in all. */
export async function pruneRun(options: PruneOptions, plugins: PluginTable): Promise<PruneReport> {
  const { dir, at, tokens, shares } = options;
  const { run } = readRun(dir);
  const steps = await checkpointSteps(dir);
  const step = at ?? steps.at(-1);
  if (step === undefined || !steps.includes(step)) throw noCheckpointAt(run.id, at, steps);
  const looking = await openCheckpoints(dir, plugins, options);
  try {
    const subject = looking.subjects.find((one) => one.step === step);
    if (subject === undefined) throw noCheckpointAt(run.id, step, steps);
    const meaning = firingMeaning(run.observed);
    const about = { run: run.id, step, ...(meaning !== undefined && { meaning }) };
    return { ...about, ...(await opened(subject, (open) => pruned(looking, open, tokens, shares))) };
  } finally {
    await looking.open.close();
  }
}

async function pruned(
  looking: Looking,
  subject: OpenSubject,
  tokens: number,
  shares: readonly number[],
): Promise<Omit<PruneReport, "run" | "step" | "meaning">> {
  const { plan, held } = looking.open;
  const counter = await createFiringCounter(looking);
  const sequences = Math.ceil(tokens / plan.model.shape.n_ctx);
  const parameters = readOnce(subject, plan.model);
  const firings = await counter.firings(parameters(), sequences);
  const scorer = await createScorer(looking);
  const before = await scorer.scores(parameters());
  const removals: Removal[] = [];
  for (const layer of [...firings.keys(), "all" as const]) {
    const layers = layer === "all" ? [...firings.keys()] : [layer];
    for (const removed of ["silent", ...shares] as const) {
      const gone = new Map(
        layers.map((l) => [l, removed === "silent" ? silent(firings[l]!) : leastUsed(firings[l]!, removed)]),
      );
      const after = await scorer.scores(without(plan.model, parameters(), gone));
      const change = (name: "losses" | "correct") =>
        summariseWindows(
          after[name].map((value, window) => value - before[name][window]!),
          held.documents,
        );
      const [loss, accuracy] = [change("losses"), change("correct")];
      removals.push({
        layer,
        removed,
        units: [...gone.values()].reduce((sum, units) => sum + units.length, 0),
        lossIncrease: loss.loss,
        standardError: loss.standardError,
        accuracyChange: accuracy.loss,
        accuracyError: accuracy.standardError,
      });
    }
  }
  const looked = counter.tokensIn(sequences);
  for (const program of [counter, scorer]) program.dispose();
  const { loss, windows, documents } = summariseWindows(before.losses, held.documents);
  return { tokens: looked, loss, accuracy: mean(before.correct), windows, documents, removals };
}

/** Bytes of parameters that are kept for the next removal; larger ones are read anew for each. */
const mostKept = 2 ** 31;

function readOnce(subject: OpenSubject, model: ModelInstance): () => NamedArrays {
  const bytes = 4 * Object.values(model.parameters).reduce((sum, shape) => sum + sizeOf(shape), 0);
  let kept: NamedArrays | undefined;
  return () => {
    if (bytes > mostKept) return subject.parameters();
    kept ??= [...subject.parameters()];
    return copies(kept);
  };
}

/** Whoever gets parameters may do with them as it likes. */
function* copies(parameters: NamedArrays): Generator<readonly [string, NDArray]> {
  for (const [name, { shape, data }] of parameters) yield [name, { shape, data: data.slice() }];
}

function silent(firings: Int32Array): number[] {
  return [...firings.keys()].filter((unit) => firings[unit] === 0);
}

function leastUsed(firings: Int32Array, share: number): number[] {
  const rising = [...firings.keys()].sort((a, b) => firings[a]! - firings[b]! || a - b);
  return rising.slice(0, Math.round(share * firings.length));
}

/** The parameters with the rows of W_out zeroed of units that are gone. */
function* without(
  model: ModelInstance,
  parameters: NamedArrays,
  gone: ReadonlyMap<number, readonly number[]>,
): Generator<readonly [string, NDArray]> {
  const units = new Map([...gone].map(([layer, ids]) => [model.layer(layer).W_out, ids]));
  for (const [name, { shape, data }] of parameters) {
    const width = shape.at(-1)!;
    for (const unit of units.get(name) ?? []) data.fill(0, unit * width, (unit + 1) * width);
    yield [name, { shape, data }];
  }
}
