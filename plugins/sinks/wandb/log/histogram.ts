import type { NDArray } from "../../../../core/arrays/ndarray.ts";
import { numberText } from "./json-text.ts";

/** What W&B accepts at most (client: data_types/histogram.py). */
export const maxBins = 512;

/**
 * An array's distribution as the JSON text of W&B's histogram: `bins` equal bins from the least to the greatest finite value,
 * the last one closed. NaN and infinities are left out; with no finite value at all there is no histogram.
 */
export function histogramText({ data }: NDArray, bins: number): string | undefined {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  if (least > greatest) return undefined;
  // A single value gets a bin of width 1 around it, as numpy.histogram does.
  if (least === greatest) [least, greatest] = [least - 0.5, greatest + 0.5];
  const range = greatest - least;
  // Halves, where the range itself is too great for a number.
  const part = (value: number) =>
    Number.isFinite(range) ? (value - least) / range : (value / 2 - least / 2) / (greatest / 2 - least / 2);
  const counts = new Array<number>(bins).fill(0);
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(bins - 1, Math.floor(part(value) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const edges = Array.from({ length: bins + 1 }, (_, i) => least * (1 - i / bins) + greatest * (i / bins));
  return `{"_type":"histogram","values":[${counts.join(",")}],"bins":[${edges.map(numberText).join(",")}]}`;
}
