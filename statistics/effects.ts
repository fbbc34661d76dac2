/** Effect sizes between two shares or two ratios. */

/** Log odds of a share. A share of 0 or 1 is moved inside by half of `unit`, the smallest step it can make. */
export function logit(share: number, unit: number): number {
  const inside = Math.min(Math.max(share, unit / 2), 1 - unit / 2);
  return Math.log(inside / (1 - inside));
}

/** Cohen's h (1988, chapter 6), `2 asin(sqrt b) - 2 asin(sqrt a)`: 0.2 is small, 0.5 medium, 0.8 large. */
export function cohensH(a: number, b: number): number {
  return 2 * Math.asin(Math.sqrt(b)) - 2 * Math.asin(Math.sqrt(a));
}
