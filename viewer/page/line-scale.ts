/** Ranges of a line chart's axes, and where data lies in pixels. */
import type { Line } from "../charts/line-spec.ts";

export type Range = readonly [number, number];

/** The span of the lines along x; of positive x only, on a logarithmic axis. */
export function spanX(lines: readonly Line[], log: boolean): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { x } of lines) {
    let first = 0;
    while (log && first < x.length && x[first]! <= 0) first++;
    if (first >= x.length) continue;
    low = Math.min(low, x[first]!);
    high = Math.max(high, x[x.length - 1]!);
  }
  if (!(low <= high)) return log ? [1, 10] : [0, 1];
  if (low === high) return log ? [low / 2, low * 2] : [low - 0.5, low + 0.5];
  return [low, high];
}

/** The span of the values between two x, with a little air. */
export function spanY(lines: readonly Line[], [from, to]: Range, log: boolean): Range {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (value: number | null | undefined) => {
    if (value == null || (log && value <= 0)) return;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (const { x, y, band } of lines) {
    const begin = Math.max(0, firstAtLeast(x, from) - 1);
    for (let i = begin; i < x.length; i++) {
      take(y[i]);
      // An interval from two runs may be a hundred times their distance: it is cut off rather than all else flattened.
      if (band && band.n[i]! > 2) {
        take(band.low[i]);
        take(band.high[i]);
      }
      if (x[i]! > to) break;
    }
  }
  if (!(low <= high)) return log ? [0.1, 1] : [0, 1];
  if (log) return low === high ? [low / 2, high * 2] : [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
  const air = (high - low || Math.abs(high) || 1) * 0.05;
  // A line that never goes below zero should not have an axis that does.
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}

/** Data to pixels on one axis: `position = offset + factor * (log10 of) value`. */
export interface Mapping {
  readonly factor: number;
  readonly offset: number;
  readonly log: boolean;
}

/** The mapping of [low, high] to pixels from `start` to `end`. */
export function mapping([low, high]: Range, start: number, end: number, log: boolean): Mapping {
  const a = log ? Math.log10(low) : low;
  const b = log ? Math.log10(high) : high;
  const factor = (end - start) / (b - a);
  return { factor, offset: start - a * factor, log };
}

/** Where a value lies; NaN where a logarithmic axis has no place for it. */
export function place({ factor, offset, log }: Mapping, value: number): number {
  return log ? (value > 0 ? offset + factor * Math.log10(value) : Number.NaN) : offset + factor * value;
}

/** Index of the first x that is not below `value`. */
export function firstAtLeast(x: readonly number[], value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Index of the measurement nearest to `at`; -1 when there is none. */
export function nearestIndex({ x, y }: Pick<Line, "x" | "y">, at: number): number {
  const right = firstAtLeast(x, at);
  let before = right - 1;
  while (before >= 0 && y[before] == null) before--;
  let after = right;
  while (after < x.length && y[after] == null) after++;
  if (before < 0) return after < x.length ? after : -1;
  if (after >= x.length) return before;
  return at - x[before]! <= x[after]! - at ? before : after;
}
