/**
 * Which sequences of a batch hold each unit, as bits: all that a unit's life depends on, and 16 times less to bring to the host at
 * every step than its counts in each sequence.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { ProbeInputs } from "../../../core/contract/sites.ts";
import { counts, inBlocks, wholeOf } from "../counts.ts";

/** Sequences in a word: sums of so many powers of two are exact in float32. */
export const sequencesInWord = 16;

/**
 * Bit `b % 16` of `[b / 16, i]` is set where unit i fires in sequence b: int32 `[words d_mlp]` of one layer's `mlp_fires`
 * `[sequences pos d_mlp]`. Those may be some of a batch, from `first` on: the bits of all `total` are then the sum over such parts.
 */
export function holdingOf(tf: ProbeInputs["tf"], fires: Tensor, part = wholeOf(fires)): Tensor {
  const holds = tf.step(tf.cast(counts(tf, fires).perSequence, "float32")); // [sequences d_mlp]
  const [here, units] = holds.shape as [number, number];
  const words = inBlocks(part, here, sequencesInWord).map(({ from, length, before }) => {
    if (length === 0) return tf.zeros([units]);
    const bits = tf.tensor2d(Array.from({ length }, (_, b) => [2 ** (before + b)])); // [length 1]
    return tf.sum(tf.mul(tf.slice(holds, from, length), bits), 0); // [d_mlp]
  });
  return tf.cast(tf.stack(words), "int32");
}
