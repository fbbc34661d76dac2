/** Clipping by global norm. */

import type { Tensor } from "@tensorflow/tfjs";
import type { Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";

/** Scales gradients so that their global norm is at most `limit` (0: not at all); `norm` is the one before, a scalar. */
export function clipByGlobalNorm(grads: Tensors, limit: number): { readonly grads: Tensors; readonly norm: Tensor } {
  const squares = Object.values(grads).map((grad) => tf.reshape(tf.sum(tf.square(grad)), [1]));
  const norm = tf.sqrt(tf.sum(tf.concat(squares)));
  if (limit === 0) return { grads, norm };
  const scale = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1); // 1e-6 as in PyTorch's clip_grad_norm_
  return { grads: Object.fromEntries(Object.entries(grads).map(([name, grad]) => [name, tf.mul(grad, scale)])), norm };
}
