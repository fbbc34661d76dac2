/** What units are worth: held-out loss after the silent and the least used ones are removed. */

import type { Arrays, NDArray } from "../core/arrays/ndarray.ts";
import { latestCheckpoint, listCheckpoints } from "../core/checkpoint/folder.ts";
import { noCheckpointAt } from "../core/errors/errors.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { readRun } from "../core/record/runs.ts";
import { reopen } from "../core/run/reopened.ts";
import { mean, variance } from "../statistics/moments.ts";

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
  /** Its standard error over held-out windows, paired. */
  readonly standardError: number;
}

/** What `experiment prune` prints. */
export interface PruneReport {
  readonly run: string;
  readonly step: number;
  /** Tokens over which firings were counted: what "silent" is relative to. */
  readonly tokens: number;
  readonly loss: number;
  readonly windows: number;
  readonly removals: readonly Removal[];
}

/** What it asks for. */
export interface PruneOptions {
  readonly dir: string;
  /** Step of the checkpoint; the newest without. */
  readonly at?: number;
  readonly tokens: number;
  readonly shares: readonly number[];
}

/** Removes units by zeroing what they write: silent ones, and those that fire at the fewest tokens, layer by layer and in all. */
export async function pruneRun({ dir, at, tokens, shares }: PruneOptions, plugins: PluginTable): Promise<PruneReport> {
  const { run } = readRun(dir);
  const all = listCheckpoints(dir);
  const found = at === undefined ? latestCheckpoint(dir).latest : all.find(({ step }) => step === at);
  if (found === undefined) throw noCheckpointAt(run.id, at, all.map(({ step }) => step).toReversed());
  const open = await reopen(dir, plugins);
  try {
    const { state } = open.load(found.path);
    const sequences = Math.ceil(tokens / open.config.model.n_ctx);
    const firings = await open.firings(state, sequences);
    const before = await open.losses(state);
    const removals: Removal[] = [];
    for (const layer of [...firings.keys(), "all" as const]) {
      const layers = layer === "all" ? [...firings.keys()] : [layer];
      for (const removed of ["silent", ...shares] as const) {
        const gone = new Map(
          layers.map((l) => [l, removed === "silent" ? silent(firings[l]!) : leastUsed(firings[l]!, removed)]),
        );
        const after = await open.losses(without(state, gone));
        const increases = after.map((loss, window) => loss - before[window]!);
        removals.push({
          layer,
          removed,
          units: [...gone.values()].reduce((sum, units) => sum + units.length, 0),
          lossIncrease: mean(increases),
          standardError: Math.sqrt(variance(increases) / increases.length),
        });
      }
    }
    const counted = Math.ceil(sequences / open.config.train.batch_size) * open.config.train.batch_size;
    const looked = counted * open.config.model.n_ctx;
    return { run: run.id, step: found.step, tokens: looked, loss: mean(before), windows: before.length, removals };
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
function without(state: Arrays, gone: ReadonlyMap<number, readonly number[]>): Arrays {
  const changed: Record<string, NDArray> = { ...state };
  for (const [layer, units] of gone) {
    const name = `blocks.${layer}.mlp.W_out`;
    const { shape, data } = state[name]!;
    const width = shape[1]!;
    const copy = data.slice();
    for (const unit of units) copy.fill(0, unit * width, (unit + 1) * width);
    changed[name] = { shape, data: copy };
  }
  return changed;
}
