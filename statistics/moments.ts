/** Mean, variance and quantiles of plain lists of numbers. */

type Numbers = ArrayLike<number>;

/** The arithmetic mean; NaN of nothing. */
export function mean(values: Numbers): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The unbiased variance (divisor n - 1), by two passes; NaN of fewer than two values. */
export function variance(values: Numbers): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum / (values.length - 1);
}

/** A copy in rising order. */
export function sorted(values: Numbers): Float64Array {
  return new Float64Array(values).sort();
}

/** The quantile `p` in [0, 1] of values in rising order, interpolated linearly (type 7 of Hyndman & Fan 1996). */
export function quantile(rising: Numbers, p: number): number {
  if (rising.length === 0) return Number.NaN;
  const at = p * (rising.length - 1);
  const low = Math.floor(at);
  const below = rising[low]!;
  const above = rising[Math.min(low + 1, rising.length - 1)]!;
  return below + (at - low) * (above - below);
}

/** The middle value. */
export function median(values: Numbers): number {
  return quantile(sorted(values), 0.5);
}
