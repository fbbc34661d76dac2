/** Turning off and coming back: the test that a rate has fallen to zero, and survival curves. */

/**
 * The turn-off test. A unit fired in `before` of the sequences of one window and in none of the next m windows: under a
 * constant rate all its firings falling into the first of 1 + m equal windows has probability `(1 + m)^-before` (conditional
 * on their number, hence exact). This is the least m at which that is at most `alpha`; Infinity for a unit that never fired.
 * For m = 1 it asks for `log2(1/alpha)` firings: 17 when 0.01 is shared by 1024 units.
 */
export function windowsToTurnOff(before: number, alpha: number): number {
  if (before === 0) return Infinity;
  const windows = Math.ceil(Math.exp(-Math.log(alpha) / before) - 1 - 1e-9);
  return Math.max(1, windows);
}

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
