/**
 * Sums of counts over sequences, made on the device: all that most statistics of a batch need of its units, and `batch` times less to
 * bring to the host than the counts themselves. And those counts in bytes, where they fit.
 */
import type { Tensor } from "@tensorflow/tfjs";
import { type NDArray, sizeOf } from "../../core/arrays/ndarray.ts";
import type { ProbeInputs } from "../../core/contract/sites.ts";
import { counts, type Firings, inBlocks, wholeOf } from "./counts.ts";

type Tf = ProbeInputs["tf"];

/** What the batch as a whole shows of one layer's units. */
export type UnitFirings = Pick<Firings, "batch" | "pos" | "units" | "perUnit" | "sequences">;

/** Firings of each unit, and sequences in which it fires: int32 `[d_mlp]` for each layer's `mlp_fires` `[batch pos d_mlp]`. */
export function countUnits(tf: Tf, posts: readonly Tensor[]): { perUnit: Tensor[]; sequences: Tensor[] } {
  const perSequence = posts.map((post) => counts(tf, post).perSequence); // [batch d_mlp]
  return {
    perUnit: perSequence.map((layer) => tf.sum(layer, 0)),
    sequences: perSequence.map((layer) => tf.sum(tf.cast(tf.greater(layer, 0), "int32"), 0)),
  };
}

/** The firings of every layer from what `countUnits` returned of `batch` sequences of `pos` tokens. */
export function unitFiringsOf(
  readings: { readonly perUnit: readonly NDArray[]; readonly sequences: readonly NDArray[] },
  { batch, pos }: Pick<Firings, "batch" | "pos">,
): UnitFirings[] {
  return readings.perUnit.map(({ data }, layer) => {
    const [perUnit, sequences] = [data, readings.sequences[layer]!.data] as [Int32Array, Int32Array];
    return { batch, pos, units: perUnit.length, perUnit, sequences };
  });
}

/** Most that a byte can say. */
const mostInByte = 255;
const countsInWord = 4;

/**
 * Counts of each sequence `[batch d_mlp]`, int32: four units' in the bytes of a word, `[batch d_mlp/4]`, where none of them can be
 * over 255; else as they are. The units of a word are a quarter of the layer apart: quarters are added many times as fast as neighbours.
 */
export function packedCounts(tf: Tf, post: Tensor): Tensor {
  const { perSequence } = counts(tf, post);
  const [batch, units] = perSequence.shape as [number, number];
  if (post.shape[1]! > mostInByte || units % countsInWord !== 0) return perSequence;
  const words = units / countsInWord;
  const quarter = (k: number) => tf.slice(perSequence, [0, k * words], [batch, words]);
  const place = (k: number) => tf.mul(quarter(k), tf.scalar(2 ** (8 * k), "int32"));
  // The last place may pass 2^31 and come out negative: the same bits.
  return tf.add(tf.add(quarter(0), place(1)), tf.add(place(2), place(3)));
}

/** What `packedCounts` returned of a layer of `units` units, one number a unit and sequence; a sequence's units in any order. */
export function unpackedCounts({ shape, data }: NDArray, units: number): Uint8Array | Int32Array {
  const words = data as Int32Array;
  return shape[1] === units ? words : new Uint8Array(words.buffer, words.byteOffset, sizeOf(shape) * countsInWord);
}

/**
 * Sums of squares of each unit's counts over sequences: int32 `[groups d_mlp]`, in as many groups of sequences as keep every sum
 * below 2^31. `post` may be some sequences of a batch, from `first` on: the squares of all `total` are the sum over such parts.
 */
export function squaredCounts(tf: Tf, post: Tensor, part = wholeOf(post)): Tensor {
  const { perSequence } = counts(tf, post);
  const together = Math.max(1, Math.floor((2 ** 31 - 1) / post.shape[1]! ** 2));
  const squares = tf.square(perSequence); // [batch d_mlp]
  const sums = inBlocks(part, post.shape[0]!, together).map(({ from, length }) =>
    length === 0 ? tf.zeros([1, post.shape[2]!], "int32") : tf.sum(tf.slice(squares, from, length), 0, true),
  );
  return tf.concat(sums);
}

/** The sums of what `squaredCounts` returned over its groups, one number a unit. */
export function addedSquares({ shape, data }: NDArray): ArrayLike<number> {
  const [groups, units] = shape as [number, number];
  if (groups === 1) return data;
  const sums = new Float64Array(units);
  for (let at = 0; at < data.length; at++) sums[at % units]! += data[at]!;
  return sums;
}
