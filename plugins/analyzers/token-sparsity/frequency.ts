/** How often units fire, and how unequally. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { effectiveUnits, gini, unitsForShare } from "../../../statistics/concentration.ts";
import { quantile } from "../../../statistics/moments.ts";
import { risingOf } from "../../../statistics/tally.ts";

import { alwaysOnAbove, rareBelow, shareWith, tokenTally } from "../layer-statistics.ts";
import type { UnitFirings } from "../unit-counts.ts";

/** What is needed of a layer. */
type Frequent = Omit<UnitFirings, "sequences">;

/** Decades of the histogram, and bins in each: bin k > 0 holds log10 f in `(-decades + (k - 1)/10, -decades + k/10]`. */
const decades = 6;
const binsPerDecade = 10;
/** Points of the rank-frequency curve, spread evenly over log rank. */
const rankPoints = 64;

/** Firing frequencies `f_i = c_i / N` of the layer's units, as numbers and curves. */
export function frequencies(layer: Frequent) {
  const tokens = tokenTally(layer);
  const n = layer.batch * layer.pos;
  const rising = risingOf(tokens);
  const at = (p: number) => quantile(rising, p) / n;
  return {
    freq_q10: at(0.1),
    freq_q25: at(0.25),
    freq_q50: at(0.5),
    freq_q75: at(0.75),
    freq_q90: at(0.9),
    freq_q99: at(0.99),
    always_on: shareWith(tokens, (c) => c > alwaysOnAbove * n),
    rare: shareWith(tokens, (c) => c > 0 && c < rareBelow * n),
    never: tokens[0]! / layer.units,
    k50: unitsForShare(tokens, 0.5),
    gini: gini(tokens),
    n_eff: effectiveUnits(tokens),
  };
}

/** Firing frequency and mean |activation| of each unit. `sums`: each unit's sum of |activation|. */
export function unitValues({ perUnit, batch, pos, units }: Frequent, sums: ArrayLike<number>) {
  const mean = (of: ArrayLike<number>): NDArray => ({
    shape: [units],
    data: Float32Array.from(of, (sum) => sum / (batch * pos)),
  });
  return { unit_frequency: mean(perUnit), unit_activation: mean(sums) };
}

/** Share of units in each bin of log10 frequency; bin 0 is for units that never fire. */
export function frequencyHistogram(layer: Frequent): NDArray<Float32Array> {
  const tokens = tokenTally(layer);
  const bins = new Float32Array(decades * binsPerDecade + 1);
  for (let count = 0; count < tokens.length; count++) {
    if (tokens[count] === 0) continue;
    bins[count === 0 ? 0 : binOf(count / (layer.batch * layer.pos))]! += tokens[count]!;
  }
  return { shape: [bins.length], data: bins.map((count) => count / layer.units) };
}

function binOf(frequency: number): number {
  const bin = Math.ceil((Math.log10(frequency) + decades) * binsPerDecade - 1e-9);
  return Math.min(Math.max(bin, 1), decades * binsPerDecade);
}

/** Two rows: ranks from 1 to the number of units, evenly spread over log rank, and the frequency of the unit at each. */
export function rankFrequency(layer: Frequent): NDArray<Float32Array> {
  const { batch, pos, units } = layer;
  const rising = risingOf(tokenTally(layer));
  const ranks = Array.from({ length: rankPoints }, (_, i) => Math.round(units ** (i / (rankPoints - 1))));
  const frequencies = ranks.map((rank) => rising[units - rank]! / (batch * pos));
  return { shape: [2, rankPoints], data: Float32Array.from([...ranks, ...frequencies]) };
}
