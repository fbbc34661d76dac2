/** Synthetic masks with known answers, and their counts made the plain way. */
import type { NDArray } from "../../core/ndarray.ts";
import { type Firings, firings } from "../../plugins/analyzers/counts.ts";

/** `mask[b][t][i]`: 1 where unit `i` fires at token `t` of sequence `b`. */
export type Mask = readonly (readonly (readonly number[])[])[];

/** A mask from a rule. */
export function maskOf(batch: number, pos: number, units: number, fires: (b: number, t: number, i: number) => boolean) {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  return range(batch).map((b) => range(pos).map((t) => range(units).map((i) => (fires(b, t, i) ? 1 : 0))));
}

/** Counts of a mask as the device would hand them over. */
export function countsOf(mask: Mask): { perSequence: NDArray; perToken: NDArray } {
  const [batch, pos, units] = [mask.length, mask[0]!.length, mask[0]![0]!.length];
  const perSequence = mask.flatMap((rows) => rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0)));
  const perToken = mask.flatMap((rows) => rows.map((row) => row.reduce((sum, one) => sum + one, 0)));
  return {
    perSequence: { shape: [batch, units], data: Int32Array.from(perSequence) },
    perToken: { shape: [batch, pos], data: Int32Array.from(perToken) },
  };
}

/** The firings that a mask holds. */
export function firingsIn(mask: Mask): Firings {
  const { perSequence, perToken } = countsOf(mask);
  return firings(perSequence, perToken);
}
