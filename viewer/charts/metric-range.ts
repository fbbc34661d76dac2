/** The range that a metric's description declares (`[0, 1]`, `>= 0`): no interval says anything beyond it. */
import type { Band } from "./line-spec.ts";
import { familyOf } from "./metric-key.ts";

export type MetricRange = readonly [low: number, high: number];

/** Ranges by family of metrics. */
export type MetricRanges = ReadonlyMap<string, MetricRange>;

const number = String.raw`-?\d+(?:\.\d+)?`;
const between = new RegExp(String.raw`\[(${number}), (${number})\]`);
const above = new RegExp(String.raw`(?:^|\s)>= (${number})`);

/** Of those descriptions that declare one. */
export function metricRanges(metrics: readonly { readonly key: string; readonly description: string }[]): MetricRanges {
  const found = new Map<string, MetricRange>();
  for (const { key, description } of metrics) {
    const ends = between.exec(description);
    const floor = above.exec(description);
    if (ends) found.set(familyOf(key), [Number(ends[1]), Number(ends[2])]);
    else if (floor) found.set(familyOf(key), [Number(floor[1]), Number.POSITIVE_INFINITY]);
  }
  return found;
}

/** Of a difference of two values in the range. */
export function rangeOfDifferences([low, high]: MetricRange): MetricRange {
  return [low - high, high - low];
}

/** A value put within the range. */
export function within(value: number, range: MetricRange | undefined): number {
  return range === undefined ? value : Math.min(range[1], Math.max(range[0], value));
}

/** A band cut off at the ends of the range. */
export function bandWithin(band: Band, range: MetricRange | undefined): Band {
  const cut = (ends: Band["low"]) => ends.map((end) => (end === null ? null : within(end, range)));
  return range === undefined ? band : { ...band, low: cut(band.low), high: cut(band.high) };
}
