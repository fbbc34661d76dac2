/** The population that intervals are held against: windows of a run's own text under its network, with their documents. */

import type { Random } from "../../core/arrays/random.ts";
import { evalWindows } from "../../core/data/windows.ts";
import { type Firings, firings } from "../../plugins/analyzers/counts.ts";
import { builtIns } from "../../plugins/index.ts";
import { opened } from "../../studies/observe/looking.ts";
import { openCheckpoints } from "../../studies/observe/stored.ts";
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
  const looking = await openCheckpoints(dir, builtIns);
  const { open } = looking;
  try {
    const { n_ctx, d_mlp, n_layers } = open.config.model as unknown as {
      n_ctx: number;
      d_mlp: number;
      n_layers: number;
    };
    const windows = evalWindows({ eval: open.dataset.train }, n_ctx, most);
    const subject = looking.subjects.at(-1)!;
    const layers = Array.from({ length: n_layers }, () => new Uint16Array(windows.count * d_mlp));
    const counter = await createWindowCounter(looking, windows);
    const scorer = await createScorer(looking, windows);
    const losses = await opened(subject, async (one) => {
      await counter.look(one.parameters(), (first, found) => {
        for (const [l, counts] of found.entries()) layers[l]!.set(counts, first * d_mlp);
      });
      return (await scorer.scores(one.parameters())).losses;
    });
    for (const program of [counter, scorer]) program.dispose();
    const { count, documents } = windows;
    return { pos: n_ctx, units: d_mlp, windows: count, step: subject.step, documents, losses, layers };
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
    let total = 0;
    for (const [k, unit] of picked.entries()) {
      const count = from.layers[layer]![window * from.units + unit]!;
      perSequence[b * picked.length + k] = count;
      total += count;
    }
    for (let t = 0; t < pos; t++) perToken[b * pos + t] = Math.floor((total + t) / pos);
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
