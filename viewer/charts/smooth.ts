/**
 * Smooths a line by what came before: an exponential moving average, corrected for where it starts (as in Adam, arXiv 1412.6980,
 * section 3) and weighted by distance, so that the result is the same however densely a line is sampled. No value looks ahead:
 * what is drawn at a step is what was known then. The weight falls to 1/e over `amount`³ / 4 of the whole span, `amount` in [0, 1).
 */
export function smooth(
  x: readonly number[],
  y: readonly (number | null)[],
  amount: number,
): readonly (number | null)[] {
  const reach = x.length > 1 ? ((x[x.length - 1]! - x[0]!) * amount ** 3) / 4 : 0;
  if (!(reach > 0)) return y;
  let sum = 0;
  let weight = 0;
  let before: number | undefined;
  return y.map((value, i) => {
    if (value === null) return null;
    // A sample stands for the stretch since the one before it; the first for as long a stretch as the next.
    const stretch = before === undefined ? (x[i + 1] ?? x[i]!) - x[i]! : x[i]! - before;
    const keep = Math.exp(-stretch / reach);
    const own = 1 - keep || Number.EPSILON;
    sum = (before === undefined ? 0 : sum * keep) + value * own;
    weight = (before === undefined ? 0 : weight * keep) + own;
    before = x[i]!;
    return sum / weight;
  });
}
