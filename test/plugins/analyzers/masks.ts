/** Synthetic masks with known answers, and their counts made the plain way. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import type { Random } from "../../../core/arrays/random.ts";
import { type Firings, firings } from "../../../plugins/analyzers/counts.ts";
import { withSquares } from "../../../plugins/analyzers/token-sparsity/token-firings.ts";

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

/** What the sparsity analyzers' probes would have returned of these layers; activations are ones. */
export function readingsOf(layers: readonly Firings[]) {
  const vector = (data: NDArray["data"]): NDArray => ({ shape: [data.length], data });
  return {
    perSequence: layers.map(({ perSequence, batch, units }) => ({ shape: [batch, units], data: perSequence })),
    perToken: layers.map(({ perToken, batch, pos }) => ({ shape: [batch, pos], data: perToken })),
    perUnit: layers.map(({ perUnit }) => vector(perUnit)),
    sequences: layers.map(({ sequences }) => vector(sequences)),
    squares: layers.map((layer) => ({ shape: [1, layer.units], data: Int32Array.from(withSquares(layer).squares) })),
    sums: layers.map(({ perUnit }) => vector(Float32Array.from(perUnit))),
  };
}

/** Some of a layer's sequences, in the order given, as a batch of their own. */
export function fragmentOf({ pos, units, perSequence, perToken }: Firings, sequences: readonly number[]): Firings {
  const rows = (data: Int32Array, width: number) =>
    Int32Array.from(sequences.flatMap((b) => Array.from(data.subarray(b * width, (b + 1) * width))));
  const batch = sequences.length;
  return firings(
    { shape: [batch, units], data: rows(perSequence, units) },
    { shape: [batch, pos], data: rows(perToken, pos) },
  );
}

/**
 * Random firings straight as counts: in each sequence every unit has a frequency `rate(i)`, multiplied for all units by a
 * factor of the sequence's own that is uniform in `1 -+ spread`: correlated tokens, with a known mean.
 */
export function clusteredFirings(
  random: Random,
  size: { readonly batch: number; readonly pos: number; readonly units: number },
  rate: (unit: number) => number,
  spread = 0,
): Firings {
  const { batch, pos, units } = size;
  const perSequence = new Int32Array(batch * units);
  const perToken = new Int32Array(batch * pos);
  for (let b = 0; b < batch; b++) {
    const factor = 1 + spread * (2 * random.next() - 1);
    for (let t = 0; t < pos; t++) {
      for (let i = 0; i < units; i++) {
        if (random.next() >= rate(i) * factor) continue;
        perSequence[b * units + i]!++;
        perToken[b * pos + t]!++;
      }
    }
  }
  return firings({ shape: [batch, units], data: perSequence }, { shape: [batch, pos], data: perToken });
}
