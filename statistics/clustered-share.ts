/** An upper bound on a share whose trials come in clusters. */
import { incompleteBeta } from "./special.ts";

/** Successes over trials. */
export interface Share {
  readonly share: number;
  /** One-sided upper bound; 1 without trials. */
  readonly upper: number;
  readonly trials: number;
}

/**
 * The share of `successes[i]` of `trials[i]` over clusters i, with its upper bound at `level`: Clopper & Pearson's (1934) for as
 * many trials as are worth that number once clusters are allowed for, `N / max(1, deff)` with the design effect of the ratio (Kish
 * 1965), and never more than there are clusters with trials where nothing succeeded.
 */
export function clusteredShare(successes: ArrayLike<number>, trials: ArrayLike<number>, level = 0.05): Share {
  let [clusters, total, hits] = [0, 0, 0];
  for (let i = 0; i < trials.length; i++) {
    if (trials[i]! === 0) continue;
    clusters++;
    total += trials[i]!;
    hits += successes[i]!;
  }
  if (total === 0) return { share: Number.NaN, upper: 1, trials: 0 };
  const share = hits / total;
  let squares = 0;
  for (let i = 0; i < trials.length; i++) squares += (successes[i]! - share * trials[i]!) ** 2;
  const deff = squares / (total * share * (1 - share));
  const worth = hits === 0 || hits === total ? clusters : total / Math.max(1, deff);
  return { share, upper: binomialUpper(share * worth, worth, level), trials: total };
}

/** The p at which `x` or fewer of `n` successes have probability `level`: `I_p(x + 1, n - x) = 1 - level`. Real x and n will do. */
function binomialUpper(x: number, n: number, level: number): number {
  if (x >= n) return 1;
  let [low, high] = [x / n, 1];
  for (let k = 0; k < 50; k++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, x + 1, n - x) < 1 - level) low = middle;
    else high = middle;
  }
  return high;
}
