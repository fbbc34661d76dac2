/** The course of first and last layer over training, in a bounded number of points. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";

/** Most points kept; when full, neighbours are merged to their mean and each later point holds twice as many analyses. */
const capacity = 64;

/** Rows of equal length: log tokens first, then one row a series. */
export interface History {
  /** Adds one analysis; NaN in any series makes its point NaN. */
  add(values: readonly number[]): void;
  /** Analyses added since the start. */
  length(): number;
  /** The finished points of one row. */
  row(index: number): number[];
  save(): Arrays;
  load(state: Arrays): void;
}

/** An empty history of `rows` rows. */
export function createHistory(rows: number): History {
  let points: number[][] = [];
  let pending: number[][] = [];
  let stride = 1;
  let added = 0;

  const merged = (group: readonly number[][]) =>
    Array.from({ length: rows }, (_, row) => group.reduce((sum, point) => sum + point[row]!, 0) / group.length);

  return {
    add: (values) => {
      added++;
      pending.push([...values]);
      if (pending.length < stride) return;
      points.push(merged(pending));
      pending = [];
      if (points.length < capacity) return;
      points = points.flatMap((point, i) => (i % 2 === 0 ? [merged([point, points[i + 1]!])] : []));
      stride *= 2;
    },
    length: () => added,
    row: (index) => points.map((point) => point[index]!),
    save: () => ({
      points: { shape: [points.length, rows], data: Float64Array.from(points.flat()) },
      pending: { shape: [pending.length, rows], data: Float64Array.from(pending.flat()) },
      progress: { shape: [2], data: Int32Array.of(stride, added) },
    }),
    load: (state) => {
      const unflattened = ({ data }: NDArray) =>
        Array.from({ length: data.length / rows }, (_, i) => Array.from(data.subarray(i * rows, (i + 1) * rows)));
      points = state.points ? unflattened(state.points) : [];
      pending = state.pending ? unflattened(state.pending) : [];
      stride = state.progress?.data[0] ?? 1;
      added = state.progress?.data[1] ?? 0;
    },
  };
}
