/**
 * Which sequences of a batch hold each unit, as bits: all that a unit's life depends on, and 16 times less to bring to the host at
 * every step than its counts in each sequence.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { ProbeInputs } from "../../../core/contract/sites.ts";
import { counts } from "../counts.ts";

/** Sequences in a word: sums of so many powers of two are exact in float32. */
export const sequencesInWord = 16;

/**
 * Bit `b % 16` of `[b / 16, i]` is set where unit i fires in sequence b: int32 `[words d_mlp]` of one layer's `mlp_fires`
 * `[sequences pos d_mlp]`. Those may be some of a batch, from `first` on: the bits of all `total` are then the sum over such parts.
 */
export function holdingOf(
  tf: ProbeInputs["tf"],
  fires: Tensor,
  { first, total }: ProbeInputs["sequences"] = { first: 0, total: fires.shape[0]! },
): Tensor {
  const holds = tf.step(tf.cast(counts(tf, fires).perSequence, "float32")); // [sequences d_mlp]
  const [here, units] = holds.shape as [number, number];
  const words: Tensor[] = [];
  for (let from = 0; from < total; from += sequencesInWord) {
    const [begin, end] = [Math.max(first, from), Math.min(first + here, from + sequencesInWord)];
    if (begin >= end) words.push(tf.zeros([units]));
    else {
      const bits = tf.tensor2d(Array.from({ length: end - begin }, (_, b) => [2 ** (begin - from + b)])); // [length 1]
      words.push(tf.sum(tf.mul(tf.slice(holds, begin - first, end - begin), bits), 0)); // [d_mlp]
    }
  }
  return tf.cast(tf.stack(words), "int32");
}
