/**
 * Operations of the model whose gradients are written by hand: fewer and cheaper kernels than automatic differentiation
 * would emit, and the same on every backend (some have no gradient for a gather). All are flat: `n` is batch times pos.
 */

import type { GradSaveFunc, Tensor, Tensor1D } from "@tensorflow/tfjs";
import { tf } from "../engine/tensorflow.ts";

/** What `normalised` adds to the variance (or mean square) before the root, as GPT-2 and PyTorch do. */
export const normEpsilon = 1e-5;

/**
 * Rows of `table` `[d_vocab d_model]` at `ids` `[n]`, giving `[n d_model]`. Backward is a product with the one-hot matrix: no
 * dearer than the unembedding's own, and deterministic, where scattered additions are not on parallel devices.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  const d_vocab = table.shape[0]!;
  const lookup = tf.customGrad(((rows: Tensor, save: GradSaveFunc) => {
    save([ids]);
    return {
      value: tf.gather(rows, ids as Tensor1D),
      gradFunc: (dy: Tensor, [saved]: Tensor[]) => {
        const oneHot = tf.oneHot(saved!, d_vocab, 1, 0, "float32"); // [n d_vocab]
        return tf.matMul(oneHot, dy, true); // [d_vocab d_model]
      },
    };
  }) as Parameters<typeof tf.customGrad>[0]);
  return lookup(table);
}

/**
 * LayerNorm of each row of `x` `[n d_model]`, or without centring RMSNorm (arXiv 1910.07467): `x / sqrt(mean(x^2) + eps) * w`.
 * `b` may be absent.
 */
export function normalised(kind: "layernorm" | "rmsnorm", x: Tensor, w: Tensor, b?: Tensor): Tensor {
  const centred = kind === "layernorm";
  const scale = tf.customGrad(((x: Tensor, w: Tensor, save: GradSaveFunc) => {
    const shifted = centred ? tf.sub(x, tf.mean(x, -1, true)) : x;
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(shifted), -1, true), normEpsilon)); // [n 1]
    const unit = tf.mul(shifted, inverse); // [n d_model]
    save([unit, inverse, w]);
    return {
      value: tf.mul(unit, w),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [unit, inverse, w] = saved as [Tensor, Tensor, Tensor];
        const dw = tf.sum(tf.mul(dy, unit), 0);
        const dUnit = tf.mul(dy, w);
        const along = tf.mul(unit, tf.mean(tf.mul(dUnit, unit), -1, true));
        const across = centred ? tf.sub(dUnit, tf.mean(dUnit, -1, true)) : dUnit;
        return [tf.mul(tf.sub(across, along), inverse), dw];
      },
    };
  }) as Parameters<typeof tf.customGrad>[0]);
  const scaled = scale(x, w);
  return b === undefined ? scaled : tf.add(scaled, b);
}

/** Mean cross-entropy in nats of `logits` `[n d_vocab]` against token ids `targets` `[n]`: a scalar. */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const n = logits.shape[0]!;
  const loss = tf.customGrad(((logits: Tensor, save: GradSaveFunc) => {
    const { losses, exponentials, total, oneHot } = surprise(logits, targets);
    save([exponentials, total, oneHot]);
    return {
      value: tf.mean(losses),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [exponentials, total, oneHot] = saved as [Tensor, Tensor, Tensor];
        return tf.mul(tf.sub(tf.div(exponentials, total), oneHot), tf.div(dy, n));
      },
    };
  }) as Parameters<typeof tf.customGrad>[0]);
  return loss(logits);
}

/** Mean cross-entropy of each of `windows` equal stretches of rows, nats: `[windows]`. Not for differentiation. */
export function windowLosses(logits: Tensor, targets: Tensor, windows: number): Tensor {
  const [n, d_vocab] = logits.shape as [number, number];
  const shifted = tf.sub(logits, tf.max(logits, -1, true)); // [n d_vocab]
  const total = tf.sum(tf.exp(shifted), -1); // [n], at least 1
  // Picked by index: a one-hot matrix would be twice more of what is the largest thing here in models with a large vocabulary.
  const rows = tf.tensor1d(
    Int32Array.from({ length: n }, (_, row) => row * d_vocab),
    "int32",
  );
  const chosen = tf.gather(tf.reshape(shifted, [-1]), tf.add(targets, rows)); // [n]
  return tf.mean(tf.reshape(tf.sub(tf.log(total), chosen), [windows, -1]), -1);
}

/** `-log softmax(logits)` at each target, `[n]`, and what its gradient needs. */
function surprise(logits: Tensor, targets: Tensor) {
  const shifted = tf.sub(logits, tf.max(logits, -1, true)); // [n d_vocab]
  const exponentials = tf.exp(shifted); // [n d_vocab]
  const total = tf.sum(exponentials, -1, true); // [n 1], at least 1
  const oneHot = tf.oneHot(targets, logits.shape[1]!, 1, 0, "float32"); // [n d_vocab]
  const losses = tf.sub(tf.log(tf.reshape(total, [-1])), tf.sum(tf.mul(oneHot, shifted), -1)); // [n]
  return { losses, exponentials, total, oneHot };
}
