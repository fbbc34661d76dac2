/** The population that intervals are held against: windows of a run's own text under its network, with their documents. */

import type { Random } from "../../core/arrays/random.ts";
import { loadCheckpoint } from "../../core/checkpoint/checkpoint.ts";
import { latestCheckpoint } from "../../core/checkpoint/folder.ts";
import { evalWindows } from "../../core/data/windows.ts";
import { openStoredRun } from "../../core/run/open.ts";
import { type Firings, firings } from "../../plugins/analyzers/counts.ts";
import { builtIns } from "../../plugins/index.ts";
import { createScorer, createWindowCounter } from "../../studies/windows.ts";

/** What is known of every window. */
export interface Population {
  readonly pos: number;
  readonly units: number;
  readonly windows: number;
  readonly step: number;
  readonly documents: Int32Array;
  readonly losses: readonly number[];
  /** Firings by layer, `[windows d_mlp]`. */
  readonly layers: readonly Uint16Array[];
}

/** Looks at up to `most` training windows, spread evenly over the text, under the newest checkpoint. */
export async function populationOf(dir: string, most: number): Promise<Population> {
  const open = await openStoredRun(dir, builtIns);
  try {
    const { n_ctx, d_mlp, n_layers } = open.config.model as unknown as {
      n_ctx: number;
      d_mlp: number;
      n_layers: number;
    };
    const windows = evalWindows({ eval: open.dataset.train }, n_ctx, most);
    const checkpoint = latestCheckpoint(dir).latest!;
    const { state } = loadCheckpoint(checkpoint.path);
    const layers = Array.from({ length: n_layers }, () => new Uint16Array(windows.count * d_mlp));
    const counter = await createWindowCounter(open, windows);
    await counter.look(state, (first, found) => {
      for (const [l, counts] of found.entries()) layers[l]!.set(counts, first * d_mlp);
    });
    const scorer = await createScorer(open, windows);
    const { losses } = await scorer.scores(state);
    for (const program of [counter, scorer]) program.dispose();
    const { count, documents } = windows;
    return { pos: n_ctx, units: d_mlp, windows: count, step: checkpoint.step, documents, losses, layers };
  } finally {
    await open.close();
  }
}

/** Some windows of a layer as a batch; `units` picks units, all by default. Of tokens only each window's sum is right. */
export function batchOf(
  from: Population,
  layer: number,
  chosen: readonly number[],
  units?: readonly number[],
): Firings {
  const { pos } = from;
  const picked = units ?? Array.from({ length: from.units }, (_, i) => i);
  const perSequence = new Int32Array(chosen.length * picked.length);
  const perToken = new Int32Array(chosen.length * pos);
  for (const [b, window] of chosen.entries()) {
    for (const [k, unit] of picked.entries()) {
      const count = from.layers[layer]![window * from.units + unit]!;
      perSequence[b * picked.length + k] = count;
      perToken[b * pos]! += count;
    }
  }
  return firings(
    { shape: [chosen.length, picked.length], data: perSequence },
    { shape: [chosen.length, pos], data: perToken },
  );
}

/** `count` numbers below `below` by lot, with replacement. */
export function lots(random: Random, count: number, below: number): number[] {
  return Array.from({ length: count }, () => random.integer(below));
}
