/**
 * What a statistic of one batch is over the last batches, and how sure that is. The error comes from how far neighbours in time
 * differ, so that it needs no theory of the statistic: unions, whose jackknife errs, and means over heavy tails, of which one batch
 * holds too little, are treated alike. A slow change of the network cancels between neighbours; a fast one makes intervals wide.
 */
import type { Arrays } from "../core/arrays/ndarray.ts";
import { type Estimate, interval } from "./jackknife.ts";
import { mean } from "./moments.ts";

/** Analyses that are gathered: on resampled windows of real text, the fewest at which intervals cover what they say (docs/calibration.md). */
export const gatheredAnalyses = 20;

/**
 * The mean of values in the order of time, with a 95 % t interval. Variance by mean square successive differences (von Neumann et
 * al. 1941, Ann. Math. Statist. 12:153), `sum (y_k+1 - y_k)^2 / (2 (K - 1))`, which has `2 (K - 1)^2 / (3 K - 4)` degrees of freedom.
 * No interval (NaN) where a value is NaN, or all are equal: a statistic that does not move, as when a layer is saturated, says
 * nothing of its error.
 */
export function meanOverTime(values: ArrayLike<number>): Estimate & { readonly df: number } {
  const n = values.length;
  let squares = 0;
  for (let k = 1; k < n; k++) squares += (values[k]! - values[k - 1]!) ** 2;
  const se = squares > 0 ? Math.sqrt(squares / (2 * (n - 1)) / n) : Number.NaN;
  const df = (2 * (n - 1) ** 2) / (3 * n - 4);
  return { ...interval(mean(values), se, df), df };
}

/** The last analyses of several series. */
export interface Gathering {
  /** Adds one value a series. */
  add(values: readonly number[]): void;
  /** The last values of a series, oldest first; undefined until `gatheredAnalyses` are there. */
  series(index: number): number[] | undefined;
  save(): Arrays;
  load(state: Arrays): void;
}

/** None so far. */
export function createGathering(): Gathering {
  let rows: number[][] = [];
  return {
    add: (values) => {
      rows = [...rows, [...values]].slice(-gatheredAnalyses);
    },
    series: (index) => (rows.length < gatheredAnalyses ? undefined : rows.map((row) => row[index]!)),
    save: () => ({ gathered: { shape: [rows.length, rows[0]?.length ?? 0], data: Float64Array.from(rows.flat()) } }),
    load: ({ gathered }) => {
      const [count, width] = (gathered?.shape ?? [0, 0]) as [number, number];
      rows = Array.from({ length: count }, (_, k) => Array.from(gathered!.data.subarray(k * width, (k + 1) * width)));
    },
  };
}

/** One statistic of every layer, gathered: its mean and the ends of its interval, once there are enough analyses. */
export function gatheredMetrics<N extends string>(
  name: N,
  gathering: Gathering,
  layers: number,
  from: (value: number) => number = (value) => value,
): Partial<Record<`${N}_${"mean" | "low" | "high"}`, number[]>> {
  const found = Array.from({ length: layers }, (_, layer) => gathering.series(layer));
  if (found[0] === undefined) return {};
  const estimates = found.map((series) => meanOverTime(series!));
  return {
    [`${name}_mean`]: estimates.map(({ value }) => from(value)),
    [`${name}_low`]: estimates.map(({ low }) => from(low)),
    [`${name}_high`]: estimates.map(({ high }) => from(high)),
  } as Record<`${N}_${"mean" | "low" | "high"}`, number[]>;
}
