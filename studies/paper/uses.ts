/** The paper's quantities of one layer at one checkpoint, with what they would be without each document. */

import { type Estimate, interval, jackknifeError } from "../../statistics/jackknife.ts";
import { mean } from "../../statistics/moments.ts";
import { absences } from "../../statistics/rarefaction.ts";
import type { CheckpointCounts, LayerCounts } from "./counts.ts";

/** Names of the quantities, all shares, frequencies or ratios. */
export const useNames = [
  "token",
  "sequence",
  "batch",
  "sequence_over_token",
  "batch_over_sequence",
  "batch_over_token",
  "rank50",
  "top50",
] as const;
export type UseName = (typeof useNames)[number];
export type Uses = Readonly<Record<UseName, Estimate>>;

/** Share of units from which a level counts as saturated. */
const saturatedFrom = 0.99;

/** Sums over documents. */
interface Sums {
  readonly windows: number;
  readonly firings: number;
  readonly holders: Uint32Array;
  readonly rank50: number;
  readonly top50: number;
}

/**
 * Every quantity with a 95 % interval over documents: delete-one-document jackknife of its log, t with as many degrees of
 * freedom as the documents' lengths and their shares in its error leave. Use per batch is the expected use
 * of a batch drawn from all windows (rarefaction), so that it does not hang on which windows one batch holds; NaN where fewer windows
 * than a batch are left. No interval where a level is saturated: there the jackknife misses what single documents add.
 */
export function usesOf({ documents }: LayerCounts, { batch, pos }: CheckpointCounts): Uses {
  const units = documents[0]!.holders.length;
  const holders = new Uint32Array(units);
  for (const one of documents) for (let i = 0; i < units; i++) holders[i]! += one.holders[i]!;
  const own = documents.map((one): Sums => ({ ...one, firings: one.firings.reduce((sum, count) => sum + count, 0) }));
  const total = (name: "windows" | "firings" | "rank50" | "top50") => own.reduce((sum, one) => sum + one[name], 0);
  const all: Sums = {
    windows: total("windows"),
    firings: total("firings"),
    holders,
    rank50: total("rank50"),
    top50: total("top50"),
  };
  const values = quantities(all, batch, pos);
  const without = own.map((one) => quantities(less(all, one), batch, pos));
  const saturated = new Set<UseName>([
    ...(values.batch > saturatedFrom ? (["batch"] as const) : []),
    ...(values.sequence > saturatedFrom ? (["sequence", "sequence_over_token"] as const) : []),
  ]);
  const named = useNames.map((name) => {
    const parts = saturated.has(name) ? [] : without.map((part) => part[name]);
    return [name, overDocuments(values[name], parts, worth(own.map(({ windows }) => windows)) - 1)] as const;
  });
  return Object.fromEntries(named) as Record<UseName, Estimate>;
}

function less(all: Sums, one: Sums): Sums {
  return {
    windows: all.windows - one.windows,
    firings: all.firings - one.firings,
    holders: all.holders.map((count, i) => count - one.holders[i]!),
    rank50: all.rank50 - one.rank50,
    top50: all.top50 - one.top50,
  };
}

function quantities({ windows, firings, holders, rank50, top50 }: Sums, batch: number, pos: number) {
  const units = holders.length;
  const token = firings / (windows * pos * units);
  const sequence = holders.reduce((sum, count) => sum + count, 0) / (windows * units);
  const absence = absences(windows, batch, windows);
  let missing = 0;
  for (const count of holders) missing += absence[count]!;
  const union = windows < batch ? Number.NaN : 1 - missing / units;
  return {
    token,
    sequence,
    batch: union,
    sequence_over_token: sequence / token,
    batch_over_sequence: union / sequence,
    batch_over_token: union / token,
    rank50: rank50 / (windows * pos),
    top50: top50 / (windows * pos),
  };
}

/** As many parts of equal weight as these are worth: `(sum w)^2 / sum w^2` (Kish 1965). */
function worth(weights: readonly number[]): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum ** 2 / weights.reduce((total, weight) => total + weight ** 2, 0);
}

/**
 * Few documents use far more units than the others: a sample that has none of them gives a value that is too low and an error that is too
 * small, one that has some an error that rests on them alone. So degrees of freedom go down to `1.5 g - 1` where g documents are
 * worth all of the error (without it 92 % of intervals of `token` hold the truth, with `g` up to 98 %: docs/calibration.md).
 */
function overDocuments(value: number, without: readonly number[], most: number): Estimate {
  const logs = without.map(Math.log);
  const error = logs.length < 2 ? Number.NaN : jackknifeError(logs);
  const centre = mean(logs);
  const carried = worth(logs.map((one) => (one - centre) ** 2));
  const df = Math.max(1, Math.min(most, 1.5 * carried - 1));
  const { se, low, high } = interval(Math.log(value), error, df);
  return { value, se: value * se, low: Math.exp(low), high: Math.exp(high) };
}

/** On and off in a batch at two times, units counted; rows of Table 2. */
export interface Switches {
  /** Units on, and off, in the first sample at the first time: the denominators. */
  readonly on: number;
  readonly off: number;
  /** Of those, off and on in the second sample at the second time. */
  readonly turnedOff: number;
  readonly turnedOn: number;
  /** The same with the second sample at the first time: what another batch of the same text does without any time. */
  readonly nullOff: number;
  readonly nullOn: number;
}

/** Compares a layer at two checkpoints. */
export function switchesOf(before: LayerCounts, after: LayerCounts): Switches {
  const [first, again] = before.samples;
  const later = after.samples[1];
  const count = (from: 0 | 1, to: Uint8Array) => {
    let units = 0;
    for (let i = 0; i < first.length; i++) if (first[i] === from && to[i] !== from) units++;
    return units;
  };
  const on = first.reduce((sum, one) => sum + one, 0);
  return {
    on,
    off: first.length - on,
    turnedOff: count(1, later),
    turnedOn: count(0, later),
    nullOff: count(1, again),
    nullOn: count(0, again),
  };
}
