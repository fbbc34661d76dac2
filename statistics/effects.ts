/** Effect sizes between two shares or two ratios. */

/** Log odds of a share; NaN at 0 and 1, which have none: moved inside, they would say how wide the layer is. */
export function logit(share: number): number {
  return share > 0 && share < 1 ? Math.log(share / (1 - share)) : Number.NaN;
}

/** `2 asin(sqrt share)`: differences of it are Cohen's h. Finite at 0 and 1. */
export function arcsine(share: number): number {
  return 2 * Math.asin(Math.sqrt(share));
}

/** Cohen's h (1988, chapter 6), `2 asin(sqrt b) - 2 asin(sqrt a)`: 0.2 is small, 0.5 medium, 0.8 large. */
export function cohensH(a: number, b: number): number {
  return arcsine(b) - arcsine(a);
}
