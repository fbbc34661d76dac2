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
 * `[batch pos d_mlp]`.
 */
export function holdingOf(tf: ProbeInputs["tf"], fires: Tensor): Tensor {
  const holds = tf.step(tf.cast(counts(tf, fires).perSequence, "float32")); // [batch d_mlp]
  const batch = holds.shape[0]!;
  const words: Tensor[] = [];
  for (let from = 0; from < batch; from += sequencesInWord) {
    const length = Math.min(sequencesInWord, batch - from);
    const bits = tf.tensor2d(Array.from({ length }, (_, b) => [2 ** b])); // [length 1]
    words.push(tf.sum(tf.mul(tf.slice(holds, from, length), bits), 0)); // [d_mlp]
  }
  return tf.cast(tf.stack(words), "int32");
}
