/** What token-sparsity needs of one layer's firings: of each sequence counts in whatever form they came, and sums of their squares. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import type { Firings } from "../counts.ts";
import { addedSquares, unpackedCounts } from "../unit-counts.ts";

/** Firings, but for `perSequence` as bytes where counts fit and `squares`, the sums of its squares over sequences, `[d_mlp]`. */
export interface TokenFirings extends Omit<Firings, "perSequence" | "sequences"> {
  readonly perSequence: Uint8Array | Int32Array;
  readonly squares: ArrayLike<number>;
}

interface TokenReadings {
  readonly perSequence: readonly NDArray[];
  readonly perToken: readonly NDArray[];
  readonly perUnit: readonly NDArray[];
  readonly squares: readonly NDArray[];
}

/** Every layer's, first layer first, as the probe returned them. */
export function tokenFiringsOf(readings: TokenReadings): TokenFirings[] {
  return readings.perUnit.map(({ data }, layer) => {
    const [batch, pos] = readings.perToken[layer]!.shape as [number, number];
    const units = data.length;
    return {
      batch,
      pos,
      units,
      perSequence: unpackedCounts(readings.perSequence[layer]!, units),
      perToken: readings.perToken[layer]!.data as Int32Array,
      perUnit: data as Int32Array,
      squares: addedSquares(readings.squares[layer]!),
    };
  });
}

/** The same of counts that are on the host already. */
export function withSquares(layer: Firings): TokenFirings {
  const { perSequence, batch, units } = layer;
  const squares = new Float64Array(units);
  for (let b = 0; b < batch; b++) {
    for (let i = 0, at = b * units; i < units; i++, at++) squares[i]! += perSequence[at]! ** 2;
  }
  return { ...layer, squares };
}
