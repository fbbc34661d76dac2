/** Difference of two means whose variances need not be equal. */
import { type Estimate, interval } from "./jackknife.ts";

/** What a group comes down to: how many values, their mean, and their unbiased variance (NaN of fewer than two). */
export interface GroupMoments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * `b - a` with its 95 % interval (Welch 1947, Biometrika 34:28, degrees of freedom after Satterthwaite). Without an interval (NaN)
 * where either group has fewer than two values.
 */
export function welch(a: GroupMoments, b: GroupMoments): Estimate {
  const [ea, eb] = [a.variance / a.n, b.variance / b.n];
  const se = Math.sqrt(ea + eb);
  const df = se === 0 ? Math.min(a.n, b.n) - 1 : (ea + eb) ** 2 / (ea ** 2 / (a.n - 1) + eb ** 2 / (b.n - 1));
  return interval(b.mean - a.mean, se, df);
}
