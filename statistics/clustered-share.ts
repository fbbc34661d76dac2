/** An upper bound on a share whose trials come in clusters. */
import { incompleteBeta } from "./special.ts";

/** All that a share and its bound depend on. Whole numbers: the same in whatever order clusters come. */
export interface ClusterSums {
  /** Those with trials. */
  clusters: number;
  trials: number;
  hits: number;
  squaredHits: number;
  squaredTrials: number;
  /** Of hits and trials. */
  products: number;
}

export function noClusters(): ClusterSums {
  return { clusters: 0, trials: 0, hits: 0, squaredHits: 0, squaredTrials: 0, products: 0 };
}

/** Sums over every `stride`-th cluster from `first` on. */
export function sumsOf(hits: ArrayLike<number>, trials: ArrayLike<number>, first = 0, stride = 1): ClusterSums {
  const sums = noClusters();
  for (let i = first; i < trials.length; i += stride) {
    if (trials[i]! === 0) continue;
    sums.clusters++;
    sums.trials += trials[i]!;
    sums.hits += hits[i]!;
    sums.squaredHits += hits[i]! ** 2;
    sums.squaredTrials += trials[i]! ** 2;
    sums.products += hits[i]! * trials[i]!;
  }
  return sums;
}

/** Hits over trials; NaN without trials. */
export function shareOf({ hits, trials }: ClusterSums): number {
  return hits / trials;
}

/**
 * One-sided upper bound on the share at `level`, 1 without trials: Clopper & Pearson's (1934) for as many trials as are worth that
 * number once clusters are allowed for, `N / max(1, deff)` with the design effect of the ratio (Kish 1965), and never more than
 * there are clusters with trials where nothing succeeded.
 */
export function upperOf(
  { clusters, trials, hits, squaredHits, squaredTrials, products }: ClusterSums,
  level = 0.05,
): number {
  if (trials === 0) return 1;
  const share = hits / trials;
  const squares = squaredHits - 2 * share * products + share ** 2 * squaredTrials;
  const deff = squares / (trials * share * (1 - share));
  const worth = hits === 0 || hits === trials ? clusters : trials / Math.max(1, deff);
  return binomialUpper(share * worth, worth, level);
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
