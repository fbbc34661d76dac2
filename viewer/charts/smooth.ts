/**
 * Exponential moving average that knows no start (bias-corrected as in Adam, arXiv 1412.6980, section 3) and weighs by
 * distance, so that it looks the same however densely a line is sampled. `amount` in [0, 1): the share of the whole
 * span over which the weight falls to 1/e is `amount`² / 4. Gaps stay gaps.
 */
export function smooth(
  x: readonly number[],
  y: readonly (number | null)[],
  amount: number,
): readonly (number | null)[] {
  const finite = x.length > 1 ? x[x.length - 1]! - x[0]! : 0;
  const reach = (finite * amount * amount) / 4;
  if (!(reach > 0)) return y;
  let sum = 0;
  let weight = 0;
  let before: number | undefined;
  return y.map((value, i) => {
    if (value === null) return null;
    const keep = before === undefined ? 0 : Math.exp(-(x[i]! - before) / reach);
    // Each sample stands for the stretch since the one before it; the first for one such stretch as the next.
    const own = before === undefined ? 1 : 1 - keep || 1e-12;
    if (before === undefined) {
      const next = x[i + 1];
      const first = next === undefined ? 1 : 1 - Math.exp(-(next - x[i]!) / reach) || 1;
      sum = value * first;
      weight = first;
    } else {
      sum = sum * keep + value * own;
      weight = weight * keep + own;
    }
    before = x[i]!;
    return sum / weight;
  });
}
