/**
 * Which sequences of a batch hold each unit, as bits: all that a unit's life depends on, and 16 times less to bring to the host at
 * every step than its counts in each sequence.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { ProbeInputs } from "../../../core/contract/sites.ts";
import { wholeOf } from "../counts.ts";

/** Sequences in a word: sums of so many powers of two are exact in float32. */
export const sequencesInWord = 16;

/**
 * Bit `b % 16` of `[b / 16, i]` is set where unit i fires in sequence b: int32 `[words d_mlp]` of one layer's `mlp_fires`
 * `[sequences pos d_mlp]`. Those may be some of a batch, from `first` on: the bits of all `total` are then the sum over such parts.
 */
export function holdingOf(tf: ProbeInputs["tf"], fires: Tensor, { first, total } = wholeOf(fires)): Tensor {
  const here = fires.shape[0]!;
  // Above zero where any token's is; engines that leave silent units out take these sums to find those.
  const holds = tf.step(tf.sum(tf.relu(fires), 1)); // [sequences d_mlp]
  const words = Array.from({ length: Math.ceil(total / sequencesInWord) }, (_, word) =>
    Array.from({ length: here }, (_, b) => {
      const at = first + b - word * sequencesInWord;
      return at >= 0 && at < sequencesInWord ? 2 ** at : 0;
    }),
  );
  return tf.cast(tf.matMul(tf.tensor2d(words), holds), "int32"); // exact: a word is a sum of different powers of two
}
