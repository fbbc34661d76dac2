/** Silence and coming back: what it leaves open, and survival curves. */

/** The largest firing rate that zero firings in n independent trials leave open at 95 %: `1 - 0.05^(1/n)`, near 3/n. */
export function rateBound(n: number): number {
  return -Math.expm1(Math.log(0.05) / n);
}

/**
 * Kaplan & Meier's (1958) survival: `survival[d]` of spells go on for longer than d periods. `ended[d]` spells ended after d periods,
 * `censored[d]` were last seen after d, still going.
 */
export function kaplanMeier(ended: ArrayLike<number>, censored: ArrayLike<number>): Float64Array {
  const periods = Math.max(ended.length, censored.length);
  const survival = new Float64Array(periods);
  let atRisk = 0;
  for (let d = 0; d < periods; d++) atRisk += (ended[d] ?? 0) + (censored[d] ?? 0);
  for (let d = 0; d < periods; d++) {
    const share = atRisk === 0 ? 0 : (ended[d] ?? 0) / atRisk;
    survival[d] = (d === 0 ? 1 : survival[d - 1]!) * (1 - share);
    atRisk -= (ended[d] ?? 0) + (censored[d] ?? 0);
  }
  return survival;
}
