/** How large a share surely is, from a count. */
import { incompleteBeta } from "./special.ts";

/**
 * The lower end of the exact one-sided interval of level `1 - alpha` for a share of which `k` in `n` were seen (Clopper and Pearson
 * 1934, Biometrika 26:404): the share at which as many or more would be seen with probability `alpha`, the root of
 * `I_p(k, n - k + 1) = alpha`. 0 for k = 0. Independent trials.
 */
export function shareAtLeast(k: number, n: number, alpha: number): number {
  if (k === 0) return 0;
  if (k === n) return alpha ** (1 / n);
  let [low, high] = [0, k / n];
  for (let i = 0; i < 60 && high - low > 1e-12; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, k, n - k + 1) < alpha) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
