/** Clipping by global norm. */

import type { Tensor } from "@tensorflow/tfjs";
import type { Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";

/** Scales gradients so that their global norm is at most `limit` (0: not at all); `norm` is the one before, a scalar. */
export function clipByGlobalNorm(grads: Tensors, limit: number): { readonly grads: Tensors; readonly norm: Tensor } {
  const squares = Object.values(grads).map((grad) => tf.reshape(sumInParts(tf.square(grad)), [1]));
  const norm = tf.sqrt(tf.sum(tf.concat(squares)));
  if (limit === 0) return { grads, norm };
  const scale = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1); // 1e-6 as in PyTorch's clip_grad_norm_
  return { grads: Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, tf.mul(grad, scale)])), norm };
}

/** Most terms that are added one after another. */
const longestSum = 512;

/**
 * The sum of all elements, in rounds over parts of at most `longestSum` where the size has such a divisor: float32 sums of a hundred
 * thousand squares one after another come out up to 1e-3 too low.
 */
function sumInParts(x: Tensor): Tensor {
  let [left, size] = [tf.reshape(x, [-1]), x.size];
  while (size > longestSum) {
    const part = largestDivisor(size);
    if (part === 1) break;
    [left, size] = [tf.sum(tf.reshape(left, [size / part, part]), 1), size / part];
  }
  return tf.sum(left);
}

/** The largest divisor up to `longestSum`. */
function largestDivisor(size: number): number {
  for (let part = longestSum; part > 1; part--) if (size % part === 0) return part;
  return 1;
}
