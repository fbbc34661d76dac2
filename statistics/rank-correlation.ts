/** Spearman's rank correlation with an interval: whether one number rises with another, whatever the shape. */
import type { Estimate } from "./jackknife.ts";
import { ranks } from "./seeds.ts";

/** The 0.975 quantile of the normal distribution. */
const normalReach = 1.959963984540054;

/**
 * rho of two lists of equal length, ties at their middle rank, with a 95 % interval by Fisher's transform and the variance
 * `(1 + rho^2 / 2) / (n - 3)` of Bonett & Wright (2000, Psychometrika 65:23). NaN without an interval for fewer than four pairs, NaN
 * altogether where one list does not vary.
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): Estimate {
  const value = pearson(ranks(a), ranks(b));
  const n = a.length;
  const se = Math.sqrt((1 + value ** 2 / 2) / (n - 3));
  if (!(n > 3) || Number.isNaN(value)) return { value, se: Number.NaN, low: Number.NaN, high: Number.NaN };
  const reach = normalReach * se;
  const centre = Math.atanh(Math.min(1 - 1e-12, Math.max(-1 + 1e-12, value)));
  return { value, se, low: Math.tanh(centre - reach), high: Math.tanh(centre + reach) };
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return aa === 0 || bb === 0 ? Number.NaN : ab / Math.sqrt(aa * bb);
}
