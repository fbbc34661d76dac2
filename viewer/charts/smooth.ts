/**
 * Smooths a line without shifting it: the mean of an exponential moving average forwards and one backwards, both corrected
 * for where they start (as in Adam, arXiv 1412.6980, section 3) and weighted by distance, so that the result is the same
 * however densely a line is sampled. The weight falls to 1/e over `amount`³ / 4 of the whole span, `amount` in [0, 1).
 */
export function smooth(
  x: readonly number[],
  y: readonly (number | null)[],
  amount: number,
): readonly (number | null)[] {
  const reach = x.length > 1 ? ((x[x.length - 1]! - x[0]!) * amount ** 3) / 4 : 0;
  if (!(reach > 0)) return y;
  const forwards = average(x, y, reach);
  const backwards = average([...x].reverse(), [...y].reverse(), reach).reverse();
  return y.map((value, i) => (value === null ? null : (forwards[i]! + backwards[i]!) / 2));
}

function average(x: readonly number[], y: readonly (number | null)[], reach: number): (number | null)[] {
  let sum = 0;
  let weight = 0;
  let before: number | undefined;
  return y.map((value, i) => {
    if (value === null) return null;
    // A sample stands for the stretch since the one before it; the first for as long a stretch as the next.
    const stretch = Math.abs(before === undefined ? (x[i + 1] ?? x[i]!) - x[i]! : x[i]! - before);
    const keep = Math.exp(-stretch / reach);
    const own = 1 - keep || Number.EPSILON;
    sum = (before === undefined ? 0 : sum * keep) + value * own;
    weight = (before === undefined ? 0 : weight * keep) + own;
    before = x[i]!;
    return sum / weight;
  });
}
