/** On the device: how often each unit fires at each of the most frequent tokens. */
import type { Tensor } from "@tensorflow/tfjs";
import type { ProbeInputs } from "../../../core/contract/sites.ts";

/**
 * The rank of the token at each position among the distinct tokens of a text, int32 `[n]` from int32 `[n]`: 0 for the most frequent;
 * of equally frequent ones whichever comes first. Takes `n^2` comparisons, and none with the vocabulary.
 */
export function typeRanks(tf: ProbeInputs["tf"], tokens: Tensor): Tensor {
  const n = tokens.size;
  const [column, row] = [(x: Tensor) => tf.reshape(x, [n, 1]), (x: Tensor) => tf.reshape(x, [1, n])];
  const same = tf.cast(tf.equal(column(tokens), row(tokens)), "int32"); // [n n]
  const fromEnd = tf.range(n, 0, -1, "int32"); // [n]
  const count = tf.sum(same, 1); // [n]
  const first = tf.max(tf.mul(same, row(fromEnd)), 1); // [n], n for the token that the text begins with
  const key = tf.add(tf.mul(count, n + 1), first); // [n], equal for equal tokens only
  const once = tf.cast(tf.equal(first, fromEnd), "int32"); // [n], 1 where a token occurs for the first time
  const above = tf.cast(tf.greater(row(key), column(key)), "int32"); // [n n]
  return tf.sum(tf.mul(above, row(once)), 1); // [n]
}

/** What a look reads: occurrences of the `types` most frequent tokens, and at how many of them each unit fires. */
export interface TypeCounts {
  /** int32 `[types]`, most frequent first; zeros where a text has fewer. */
  readonly present: Tensor;
  /** int32 `[types units]` for each layer. */
  readonly firings: Tensor[];
}

/** Ids of the `types` most frequent tokens of a text, int32 `[types]`, in the order of `countTypes`; -1 where it has fewer. */
export function typeIds({ tf, tokens }: Pick<ProbeInputs, "tf" | "tokens">, types: number): Tensor {
  const flat = tf.reshape(tokens, [-1]);
  const hot = tf.cast(tf.oneHot(typeRanks(tf, flat), types), "float32"); // [n types]
  // Floats hold ids and 1 more exactly: vocabularies have at most 2^24.
  const raised = tf.reshape(tf.cast(tf.add(flat, 1), "float32"), [-1, 1]); // [n 1]
  return tf.sub(tf.cast(tf.max(tf.mul(hot, raised), 0), "int32"), 1);
}

/** Counts one text's `mlp_fires` `[batch pos d_mlp]` by token; of layer l the units `chosen[l]`, rising. */
export function countTypes(
  { tf, tokens }: Pick<ProbeInputs, "tf" | "tokens">,
  posts: readonly Tensor[],
  types: number,
  chosen: readonly (readonly number[])[],
): TypeCounts {
  const ranks = typeRanks(tf, tf.reshape(tokens, [-1]));
  const hot = tf.cast(tf.oneHot(ranks, types), "float32"); // [n types], all 0 at rarer tokens
  const firings = posts.map((post, layer) => {
    const units = post.shape.at(-1)!;
    const flat = tf.reshape(post, [-1, units]); // [n d_mlp]
    const some = chosen[layer]!;
    const followed = some.length === units ? flat : tf.gather(flat, tf.tensor1d([...some], "int32"), 1); // [n units]
    return tf.cast(tf.matMul(hot, tf.step(followed), true, false), "int32"); // [types units], exact: counts are whole
  });
  return { present: tf.cast(tf.sum(hot, 0), "int32"), firings };
}
