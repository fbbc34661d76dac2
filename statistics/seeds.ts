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

/**
 * Sign-flip p values of several statistics, corrected for their number (Westfall & Young's maxT, 1993): the share of the 2^S sign
 * patterns, each applied to all statistics of a seed together, whose largest |t| is at least this statistic's. Exact under the
 * hypothesis that no statistic differs, however they hang together; never below 2 / 2^S. `bySeed[k]` holds seed k's values; a
 * statistic that is not finite in every seed has NaN and does not count.
 */
export function signFlipTogether(bySeed: readonly (readonly number[])[]): number[] {
  const seeds = bySeed.length;
  const count = bySeed[0]?.length ?? 0;
  const columns = Array.from({ length: count }, (_, j) => bySeed.map((values) => values[j]!));
  const known = columns.map((column) => column.every(Number.isFinite));
  const squares = columns.map((column) => column.reduce((sum, value) => sum + value * value, 0));
  // |t| rises with (sum x)^2 / sum x^2, and the latter does not change with signs.
  const strength = (j: number, pattern: number) => {
    let sum = 0;
    for (let k = 0; k < seeds; k++) sum += (pattern >> k) & 1 ? -columns[j]![k]! : columns[j]![k]!;
    return squares[j] === 0 ? 0 : sum ** 2 / squares[j]!;
  };
  const seen = columns.map((_, j) => (known[j] ? strength(j, 0) : Number.NaN));
  const atLeast = new Float64Array(count);
  for (let pattern = 0; pattern < 2 ** seeds; pattern++) {
    let largest = 0;
    for (let j = 0; j < count; j++) if (known[j]) largest = Math.max(largest, strength(j, pattern));
    for (let j = 0; j < count; j++) if (largest >= seen[j]! * (1 - 1e-12)) atLeast[j]!++;
  }
  return Array.from(atLeast, (times, j) => (known[j] ? times / 2 ** seeds : Number.NaN));
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
