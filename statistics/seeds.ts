/** Tests in which the seed is the unit: what holds between runs, not within one. */
import { type Estimate, interval } from "./jackknife.ts";
import { mean, variance } from "./moments.ts";
import { normalCdf } from "./special.ts";

/** Mean over seeds with its t interval. */
export function acrossSeeds(values: readonly number[]): Estimate {
  return interval(mean(values), Math.sqrt(variance(values) / values.length), values.length - 1);
}

/**
 * Exact two-sided sign-flip p of the mean against zero: the share of the 2^S sign patterns whose |sum| is at least the one
 * seen. With S seeds it cannot fall below 2 / 2^S: five give 0.0625, six 0.031.
 */
export function signFlip(values: readonly number[]): number {
  const seen = Math.abs(values.reduce((sum, value) => sum + value, 0));
  const slack = 1e-12 * values.reduce((sum, value) => sum + Math.abs(value), 0);
  const patterns = 2 ** values.length;
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let k = 0; k < values.length; k++) sum += (pattern >> k) & 1 ? -values[k]! : values[k]!;
    if (Math.abs(sum) >= seen - slack) extreme++;
  }
  return extreme / patterns;
}

/** Ranks from 1, ties sharing their mean. */
export function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

/** Page's test for ordered alternatives (Page 1963): do values rise (or fall) with the columns, rows being blocks? */
export function pagesL(blocks: readonly (readonly number[])[]): {
  readonly l: number;
  readonly z: number;
  readonly p: number;
} {
  const rows = blocks.length;
  const columns = blocks[0]?.length ?? 0;
  let l = 0;
  for (const block of blocks) for (const [column, rank] of ranks(block).entries()) l += rank * (column + 1);
  const expected = (rows * columns * (columns + 1) ** 2) / 4;
  const deviation = Math.sqrt((rows * columns ** 2 * (columns + 1) ** 2 * (columns - 1)) / 144);
  const z = (l - expected) / deviation;
  return { l, z, p: 2 * normalCdf(-Math.abs(z)) };
}

/** Spearman's rank correlation of `values` with their own order; NaN where all are equal. */
export function spearmanWithOrder(values: readonly number[]): number {
  const a = ranks(values);
  const centre = (values.length + 1) / 2;
  let ab = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((rank, i) => {
    ab += (rank - centre) * (i + 1 - centre);
    aa += (rank - centre) ** 2;
    bb += (i + 1 - centre) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}
