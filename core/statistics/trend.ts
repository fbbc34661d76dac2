/** Trends over time: a robust slope and its error under correlated noise. */
import type { Random } from "../random.ts";
import { interval } from "./jackknife.ts";
import { quantile, sorted, variance } from "./moments.ts";

/** Theil-Sen: the median of the slopes of all pairs of points; NaN of fewer than two. */
export function theilSen(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const slopes: number[] = [];
  for (let i = 0; i < x.length; i++) {
    for (let j = i + 1; j < x.length; j++) if (x[i] !== x[j]) slopes.push((y[j]! - y[i]!) / (x[j]! - x[i]!));
  }
  return quantile(sorted(slopes), 0.5);
}

/** A slope with its bootstrap interval. */
export interface Slope {
  readonly slope: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Slopes of several series over the same times, with 95 % intervals from one moving-block bootstrap (Kuensch 1989): blocks of
 * `ceil(n^(1/2))` neighbouring residuals keep their correlation, and all series are resampled together. Percentiles of so few
 * blocks would be too narrow: the interval is the slope -+ t times the draws' deviation, with `n / length - 2` degrees of freedom.
 */
export function blockBootstrapSlopes(
  x: ArrayLike<number>,
  series: readonly ArrayLike<number>[],
  random: Random,
  draws: number,
): Slope[] {
  const n = x.length;
  const length = Math.ceil(Math.sqrt(n));
  const slopes = series.map((y) => theilSen(x, y));
  const centres = series.map((y, k) => quantile(sorted(Array.from(y, (v, i) => v - slopes[k]! * x[i]!)), 0.5));
  const residuals = series.map((y, k) => Array.from(y, (v, i) => v - slopes[k]! * x[i]! - centres[k]!));
  const drawn = series.map(() => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    const from: number[] = [];
    while (from.length < n) {
      const start = random.integer(n - length + 1);
      for (let i = 0; i < length && from.length < n; i++) from.push(start + i);
    }
    residuals.forEach((residual, k) => {
      const y = from.map((source, i) => slopes[k]! * x[i]! + residual[source]!);
      drawn[k]![draw] = theilSen(x, y);
    });
  }
  return slopes.map((slope, k) => {
    const { low, high } = interval(slope, Math.sqrt((variance(drawn[k]!) * n) / (n - 2)), Math.max(1, n / length - 2));
    return { slope, low, high };
  });
}
