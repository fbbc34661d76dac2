/** Do the forks of one checkpoint lose the same units? Against chance among units that fire as often. */

import type { PluginTable } from "../core/host/registry.ts";
import type { Word } from "../core/run/trust.ts";
import { fleissKappa, groupsByScore, type Overlap, overlap, stratumOf } from "../statistics/overlap.ts";
import { armsMixed } from "./errors.ts";
import { forkFirings, openForks } from "./opened-forks.ts";

/** What the forks share in one layer. */
export interface LayerOverlap {
  readonly layer: number;
  /** Units that fire at the fork. */
  readonly alive: number;
  /** Of those, units that do not at the end of each fork. */
  readonly fellSilent: readonly number[];
  /** Over all pairs of forks together, against sets random within groups of units that fired as often at the fork. */
  readonly overlap: Overlap;
  /** Fleiss' kappa of the forks' verdicts on each alive unit. */
  readonly kappa: number;
}

/** What `experiment overlap` prints of forks that differ in their data order alone. */
export interface OverlapReport {
  readonly run: string;
  readonly step: number;
  readonly steps: number;
  readonly arm: string;
  readonly forks: readonly string[];
  /** Tokens without a firing that make a unit silent. */
  readonly tokens: number;
  readonly layers: readonly LayerOverlap[];
}

/** Groups of equal firing frequency: with ten, units of one group still differ so much that the test is not calibrated. */
const groups = 40;

/** Compares forks of one checkpoint that differ in their data order. Throws `usage` for runs that cannot be compared, mixed arms among them. */
export async function overlapOf(
  dirs: readonly string[],
  tokens: number,
  plugins: PluginTable,
  word: Word = {},
): Promise<OverlapReport> {
  const opened = await openForks(dirs);
  const { run, step, steps, forks } = opened;
  const arms = [...new Set(forks.map(({ arm }) => arm))];
  if (arms.length > 1) throw armsMixed(arms);
  const counted = await forkFirings(opened, tokens, plugins, word);
  const layers = counted.before.map((before, layer) =>
    layerOverlap(
      layer,
      before,
      counted.after.map((fork) => fork[layer]!),
    ),
  );
  return { run, step, steps, arm: arms[0]!, forks: forks.map(({ id }) => id), tokens: counted.tokens, layers };
}

/** Overlap in one layer, from firings of each unit at the fork and at each fork's end. */
export function layerOverlap(layer: number, before: Int32Array, after: readonly Int32Array[]): LayerOverlap {
  const alive = [...before.keys()].filter((unit) => before[unit]! > 0);
  const sets = after.map((firings) => new Set(alive.filter((unit) => firings[unit] === 0)));
  const pairs = sets.flatMap((a, i) => sets.slice(i + 1).map((b) => [a, b] as const));
  const strata = groupsByScore(alive, (unit) => before[unit]!, groups);
  const yes = alive.map((unit) => sets.filter((set) => set.has(unit)).length);
  return {
    layer,
    alive: alive.length,
    fellSilent: sets.map((set) => set.size),
    overlap: overlap(pairs.flatMap(([a, b]) => strata.map((stratum) => stratumOf(stratum, a, b)))),
    kappa: fleissKappa(yes, sets.length),
  };
}
