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

/** The middle value; of an even number of values the mean of the middle two. Takes time in proportion to their number. */
export function median(values: Numbers): number {
  const all = new Float64Array(values);
  const n = all.length;
  if (n === 0) return Number.NaN;
  for (let i = 0; i < n; i++) if (Number.isNaN(all[i]!)) return quantile(all.sort(), 0.5); // NaN counts as the largest
  const low = (n - 1) >> 1;
  const below = select(all, low);
  if (n % 2 === 1) return below;
  let above = all[low + 1]!;
  for (let i = low + 2; i < n; i++) if (all[i]! < above) above = all[i]!;
  return below + 0.5 * (above - below);
}

/** The value at place `k` of the rising order (Hoare's selection); moves values so that none behind it is smaller. */
function select(values: Float64Array, k: number): number {
  let [from, to] = [0, values.length - 1];
  while (from < to) {
    const pivot = values[(from + to) >> 1]!;
    let [i, j] = [from, to];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const moved = values[i]!;
      values[i++] = values[j]!;
      values[j--] = moved;
    }
    if (k <= j) to = j;
    else if (k >= i) from = i;
    else break;
  }
  return values[k]!;
}
