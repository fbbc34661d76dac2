/** Puts runs on common positions, so that means over runs can be taken: one value a bin and metric. */
import type { Axis } from "./axes.ts";
import type { Store } from "./store.ts";

/** Bounds of the bins, rising, one more than there are bins; in the axis' unit, times in ms since 1970. */
export type Edges = Float64Array;

/** Equal bins between two positions, or bins of equal ratio. */
export function edgesOf(from: number, to: number, bins: number, log: boolean): Edges {
  const [a, b] = log ? [Math.log(from), Math.log(to)] : [from, to];
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => a + ((b - a) * i) / bins);
  return log ? edges.map((edge, i) => (i === 0 ? from : i === bins ? to : Math.exp(edge))) : edges;
}

/** One metric of one run by bin. */
export interface Aligned {
  /** Mean of the bin's rows; where it has none, interpolated between its neighbours within the run; NaN outside. */
  readonly values: Float64Array;
  /** Where the bin's measurements lie, their mean, in the edges' unit; NaN where it holds none of the run's own. */
  readonly places: Float64Array;
}

/** Steps, tokens or time since the run began, `origin` being where the axis starts in this run. */
export function align(store: Store, key: string, axis: Axis, edges: Edges, origin = 0): Aligned {
  const bins = edges.length - 1;
  const sums = new Float64Array(bins);
  const places = new Float64Array(bins);
  const counts = new Uint32Array(bins);
  const column = store.columns.get(key);
  const { min: left, max: right } = store.axis[axis];
  let bin = 0;
  for (let i = 0; column && i < store.blocks; i++) {
    // A block of many rows keeps its smallest and largest value: their middle stands for it.
    const value = (column.min[i]! + column.max[i]!) / 2;
    if (Number.isNaN(value)) continue;
    const at = (left[i]! + right[i]!) / 2 - origin;
    if (at < edges[0]! || at > edges[bins]!) continue;
    while (bin < bins - 1 && at >= edges[bin + 1]!) bin++;
    sums[bin]! += value;
    places[bin]! += at;
    counts[bin]!++;
  }
  const mean = (sum: number, b: number) => (counts[b]! > 0 ? sum / counts[b]! : Number.NaN);
  const values = sums.map(mean);
  fillGaps(values);
  return { values, places: places.map(mean) };
}

/** Straight lines across bins without a value that lie between two with one. */
function fillGaps(values: Float64Array): void {
  let before = -1;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    for (let gap = before + 1; before >= 0 && gap < i; gap++)
      values[gap] = values[before]! + ((values[i]! - values[before]!) * (gap - before)) / (i - before);
    before = i;
  }
}
