/** What units are worth: held-out loss after the silent and the least used ones are removed. */

import type { Arrays, NDArray } from "../core/arrays/ndarray.ts";
import { loadCheckpoint } from "../core/checkpoint/checkpoint.ts";
import { latestCheckpoint, listCheckpoints } from "../core/checkpoint/folder.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { readRun } from "../core/record/runs.ts";
import { type OpenRun, openStoredRun } from "../core/run/open.ts";
import type { Word } from "../core/run/trust.ts";
import { summariseWindows } from "../core/step/evaluation.ts";
import { mean } from "../statistics/moments.ts";
import { noCheckpointAt } from "./errors.ts";
import { createFiringCounter } from "./firings.ts";
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
}

/** What it asks for. */
export interface PruneOptions {
  readonly dir: string;
  /** Step of the checkpoint; the newest without. */
  readonly at?: number;
  readonly tokens: number;
  readonly shares: readonly number[];
  readonly word?: Word;
}

/** Removes units by zeroing what they write: silent ones, and those that fire at the fewest tokens, layer by layer and in all. */
export async function pruneRun(options: PruneOptions, plugins: PluginTable): Promise<PruneReport> {
  const { dir, at, tokens, shares, word } = options;
  const { run } = readRun(dir);
  const all = listCheckpoints(dir);
  const found = at === undefined ? latestCheckpoint(dir).latest : all.find(({ step }) => step === at);
  if (found === undefined) throw noCheckpointAt(run.id, at, all.map(({ step }) => step).toReversed());
  const open = await openStoredRun(dir, plugins, word);
  try {
    const counter = await createFiringCounter(open);
    const { state } = loadCheckpoint(found.path);
    const sequences = Math.ceil(tokens / open.config.model.n_ctx);
    const firings = await counter.firings(state, sequences);
    const scorer = await createScorer(open);
    const before = await scorer.scores(state);
    const removals: Removal[] = [];
    for (const layer of [...firings.keys(), "all" as const]) {
      const layers = layer === "all" ? [...firings.keys()] : [layer];
      for (const removed of ["silent", ...shares] as const) {
        const gone = new Map(
          layers.map((l) => [l, removed === "silent" ? silent(firings[l]!) : leastUsed(firings[l]!, removed)]),
        );
        const after = await scorer.scores(without(open, state, gone));
        const change = (name: "losses" | "correct") =>
          summariseWindows(
            after[name].map((value, window) => value - before[name][window]!),
            open.held.documents,
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
    const { loss, windows, documents } = summariseWindows(before.losses, open.held.documents);
    const accuracy = mean(before.correct);
    return { run: run.id, step: found.step, tokens: looked, loss, accuracy, windows, documents, removals };
  } finally {
    await open.close();
  }
}

function silent(firings: Int32Array): number[] {
  return [...firings.keys()].filter((unit) => firings[unit] === 0);
}

function leastUsed(firings: Int32Array, share: number): number[] {
  const rising = [...firings.keys()].sort((a, b) => firings[a]! - firings[b]! || a - b);
  return rising.slice(0, Math.round(share * firings.length));
}

/** The state with the rows of W_out zeroed of units that are gone. */
function without({ plan }: OpenRun, state: Arrays, gone: ReadonlyMap<number, readonly number[]>): Arrays {
  const changed: Record<string, NDArray> = { ...state };
  for (const [layer, units] of gone) {
    const { W_out: name } = plan.model.layer(layer);
    const { shape, data } = state[name]!;
    const width = shape[1]!;
    const copy = data.slice();
    for (const unit of units) copy.fill(0, unit * width, (unit + 1) * width);
    changed[name] = { shape, data: copy };
  }
  return changed;
}
