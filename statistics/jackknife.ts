/** The delete-one jackknife (Efron & Tibshirani 1993, chapter 11): error of an estimate from what it is without each part. */
import { mean, sorted } from "./moments.ts";
import { studentQuantile } from "./special.ts";

/** An estimate with its standard error and 95 % interval, NaN where it has none. */
export interface Estimate {
  readonly value: number;
  readonly se: number;
  readonly low: number;
  readonly high: number;
}

/**
 * `se^2 = (B - 1)/B sum (theta_b - mean)^2`, where `without[b]` is the estimate from all parts but the b-th. Added in rising
 * order: the same to the last bit in whatever order the parts come.
 */
export function jackknifeError(without: ArrayLike<number>): number {
  const parts = without.length;
  const rising = sorted(without);
  const centre = mean(rising);
  let sum = 0;
  for (let b = 0; b < parts; b++) sum += (rising[b]! - centre) ** 2;
  return Math.sqrt(((parts - 1) / parts) * sum);
}

/** The estimate with its jackknife error and a t interval with B - 1 degrees of freedom. */
export function jackknife(value: number, without: ArrayLike<number>, level = 0.05): Estimate {
  return interval(value, without.length < 2 ? Number.NaN : jackknifeError(without), without.length - 1, level);
}

/** `value -+ t se`, covering 1 - `level`; no interval where nothing varied, as an error of exactly 0 is not known but missing. */
export function interval(value: number, se: number, df: number, level = 0.05): Estimate {
  const reach = se > 0 ? studentQuantile(1 - level / 2, df) * se : Number.NaN;
  return { value, se, low: value - reach, high: value + reach };
}

/** Sum over sum of parts, with its jackknife interval over them; NaN where the parts come to nothing. */
export function jackknifeRatio(tops: readonly number[], bottoms: readonly number[], level = 0.05): Estimate {
  const [top, bottom] = [tops, bottoms].map((values) => values.reduce((sum, value) => sum + value, 0)) as [
    number,
    number,
  ];
  const without = tops.map((value, k) => (top - value) / (bottom - bottoms[k]!));
  return jackknife(top / bottom, without, level);
}
