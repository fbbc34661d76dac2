/** Feature specificity: how far a unit's firing depends on which token it is at. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { quantile, sorted } from "../../../statistics/moments.ts";

/** Units that fired less often are left out: so few firings have next to no distribution over tokens. */
export const fewestFirings = 10;

/** What random tokens would give: the expected entropy of the tokens at `firings` positions drawn from a text. */
export type NullEntropy = (firings: number) => number;

/**
 * The null for a text in which token v occurs `present[v]` times: a unit that fires at c positions whatever their tokens are. The
 * number of its firings at v is hypergeometric, so that its expected entropy is exact: `log c - 1/c sum_v E[k log k]`, nats. Kept
 * for each c that was asked for.
 */
export function nullEntropy(present: ArrayLike<number>): NullEntropy {
  const sizes = new Map<number, number>();
  let total = 0;
  for (let v = 0; v < present.length; v++) {
    total += present[v]!;
    if (present[v]! > 0) sizes.set(present[v]!, (sizes.get(present[v]!) ?? 0) + 1);
  }
  const logFactorials = new Float64Array(total + 1);
  for (let k = 1; k <= total; k++) logFactorials[k] = logFactorials[k - 1]! + Math.log(k);
  const logChoose = (n: number, k: number) => logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!;

  const known = new Map<number, number>();
  const entropy = (c: number) => {
    let sum = 0;
    for (const [size, tokens] of sizes) {
      const most = Math.min(size, c);
      for (let k = Math.max(2, c + size - total); k <= most; k++) {
        const logChance = logChoose(size, k) + logChoose(total - size, c - k) - logChoose(total, c);
        sum += tokens * k * Math.log(k) * Math.exp(logChance);
      }
    }
    return Math.log(c) - sum / c;
  };
  return (firings) => {
    let found = known.get(firings);
    if (found === undefined) {
      found = entropy(firings);
      known.set(firings, found);
    }
    return found;
  };
}

/**
 * Each unit's specificity, `1 - H(token | the unit fires) / E[H]`, E[H] being the expected entropy of as many positions drawn at
 * random: 0 on average for a unit that does not care for the token, however seldom it fires (an entropy of few firings is small by
 * itself), 1 for a unit that fires at one token only. NaN for fewer than `fewestFirings`. `firings` is int32 `[types units]`.
 */
export function specificities({ shape, data }: NDArray, expected: NullEntropy): Float64Array {
  const [types, units] = shape as [number, number];
  const totals = new Float64Array(units);
  const sums = new Float64Array(units);
  const logs = new Float64Array(largest(data) + 1);
  for (let k = 2; k < logs.length; k++) logs[k] = k * Math.log(k);
  for (let v = 0, at = 0; v < types; v++) {
    for (let i = 0; i < units; i++, at++) {
      totals[i]! += data[at]!;
      sums[i]! += logs[data[at]!]!;
    }
  }
  return totals.map((c, i) => (c < fewestFirings ? Number.NaN : 1 - (Math.log(c) - sums[i]! / c) / expected(c)));
}

/** A layer's specificities in three numbers. */
export function specificityReport(all: Float64Array) {
  const rising = sorted(all.filter(Number.isFinite));
  return {
    specificity: quantile(rising, 0.5),
    specificity_q90: quantile(rising, 0.9),
    specificity_units: rising.length / all.length,
  };
}

function largest(data: ArrayLike<number>): number {
  let most = 0;
  for (let at = 0; at < data.length; at++) if (data[at]! > most) most = data[at]!;
  return most;
}
