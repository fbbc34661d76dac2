/** Cuts a store's columns down to what a chart can show; no peak or dip is lost. */
import type { Axis } from "./axes.ts";
import type { Column, Store } from "./store.ts";

export interface Window {
  readonly axis: Axis;
  /** Bounds on the axis, inclusive; absent: the whole run. */
  readonly from?: number;
  readonly to?: number;
  /** Largest number of points in each series. */
  readonly points: number;
}

/** Series on shared x positions: `values[key][i]` belongs to `step[i]`, `tokens[i]`, `time[i]`; null where there is none. */
export interface Series {
  readonly step: readonly number[];
  readonly tokens: readonly number[];
  readonly time: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /**
   * Rows that one pair of neighbouring points stands for: 1 when every row is there. Above 1, points come in pairs, the
   * smallest and the largest value of that many rows in their order.
   */
  readonly stride: number;
}

/** The blocks of a store that a window touches, `end` exclusive. */
export function blocksIn(store: Store, { axis, from, to }: Window): { readonly begin: number; readonly end: number } {
  const { min, max } = store.axis[axis];
  const begin = from === undefined ? 0 : firstIndex(store.blocks, (i) => max[i]! >= from);
  const end = to === undefined ? store.blocks : firstIndex(store.blocks, (i) => min[i]! > to);
  // One block more on either side, so that lines reach the edge of the chart.
  return { begin: Math.max(0, begin - 1), end: Math.min(store.blocks, Math.max(begin, end) + 1) };
}

/** The named metrics over a window, in at most `points` points. */
export function decimate(store: Store, keys: readonly string[], window: Window): Series {
  const { begin, end } = blocksIn(store, window);
  const exact = store.block === 1 && end - begin <= window.points;
  const size = exact ? 1 : Math.max(1, Math.ceil((end - begin) / Math.max(1, Math.floor(window.points / 2))));
  const series = {
    step: positions(store.axis.step, begin, end, size, exact),
    tokens: positions(store.axis.tokens, begin, end, size, exact),
    time: positions(store.axis.time, begin, end, size, exact),
    values: {} as Record<string, (number | null)[]>,
    stride: exact ? 1 : size * store.block,
  };
  for (const key of keys) {
    const column = store.columns.get(key);
    if (column) series.values[key] = exact ? plain(column, begin, end) : extremes(column, begin, end, size);
  }
  return series;
}

function positions(axis: Column, begin: number, end: number, size: number, exact: boolean): number[] {
  const out: number[] = [];
  for (let i = begin; i < end; i += size) {
    out.push(axis.min[i]!);
    if (!exact) out.push(axis.max[Math.min(end, i + size) - 1]!);
  }
  return out;
}

function plain(column: Column, begin: number, end: number): (number | null)[] {
  return Array.from(column.min.subarray(begin, end), (value) => (Number.isNaN(value) ? null : value));
}

function extremes(column: Column, begin: number, end: number, size: number): (number | null)[] {
  const out: (number | null)[] = [];
  for (let i = begin; i < end; i += size) {
    let low = -1;
    let high = -1;
    for (let j = i; j < Math.min(end, i + size); j++) {
      if (Number.isNaN(column.min[j]!)) continue;
      if (low < 0 || column.min[j]! < column.min[low]!) low = j;
      if (high < 0 || column.max[j]! > column.max[high]!) high = j;
    }
    if (low < 0) out.push(null, null);
    else if (low <= high) out.push(column.min[low]!, column.max[high]!);
    else out.push(column.max[high]!, column.min[low]!);
  }
  return out;
}

/** The first index in [0, length) for which `holds`, monotone, is true; `length` when there is none. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
