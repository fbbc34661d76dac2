/** AdamW (arXiv 1711.05101) as an init/update pair over named tensors, and clipping by global norm. */

import type { Tensor } from "@tensorflow/tfjs";
import type { TrainConfig } from "../config/schema.ts";
import type { TensorSpecs, Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";

/** What changes from step to step, as scalar tensors. */
export interface AdamScalars {
  readonly lr: Tensor;
  /** `1 / (1 - beta1^step)` and `1 / (1 - beta2^step)`. */
  readonly correction1: Tensor;
  readonly correction2: Tensor;
}

type AdamOptions = Pick<TrainConfig, "beta1" | "beta2" | "eps" | "weight_decay">;

/** The bias corrections of step `step`, the first being 1. */
export function biasCorrections(options: AdamOptions, step: number): { correction1: number; correction2: number } {
  return { correction1: 1 / (1 - options.beta1 ** step), correction2: 1 / (1 - options.beta2 ** step) };
}

/** The optimizer's own state for these parameters, zero at first: `adam.m/<name>` and `adam.v/<name>`. */
export function adamSpecs(params: TensorSpecs): TensorSpecs {
  const moments = (kind: string) =>
    Object.entries(params).map(([name, spec]) => [`adam.${kind}/${name}`, spec] as const);
  return Object.fromEntries([...moments("m"), ...moments("v")]);
}

/**
 * One step: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = p (1 - lr wd) - lr m^ / (sqrt(v^) + eps)`, giving the new
 * parameters and moments by name. Only matrices decay, embeddings among them (as in GPT-2's reproductions: a tied embedding
 * is also the unembedding); norms and biases never do.
 */
export function adamUpdate(options: AdamOptions, state: Tensors, grads: Tensors, scalars: AdamScalars): Tensors {
  const { beta1, beta2, eps, weight_decay } = options;
  // With both corrections moved to scalars: rate m / (sqrt(v) + eps'), one pass over each tensor less.
  const root = tf.sqrt(scalars.correction2);
  const rate = tf.div(tf.mul(scalars.lr, scalars.correction1), root);
  const epsilon = tf.div(eps, root);
  const shrink = tf.sub(1, tf.mul(scalars.lr, weight_decay));
  const floor = gradientFloor(eps);

  const next: Record<string, Tensor> = {};
  for (const [name, grad] of Object.entries(grads)) {
    const param = state[name]!;
    const g = tf.add(grad, floor);
    const m = tf.add(tf.mul(state[`adam.m/${name}`]!, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(state[`adam.v/${name}`]!, beta2), tf.mul(tf.square(g), 1 - beta2));
    const update = tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), epsilon));
    const decayed = weight_decay > 0 && param.rank >= 2 ? tf.mul(param, shrink) : param;
    next[name] = tf.sub(decayed, update);
    next[`adam.m/${name}`] = m;
    next[`adam.v/${name}`] = v;
  }
  return next;
}

/**
 * Added to gradients before they enter the moments. The moments of a silent neuron, whose gradient is zero, would otherwise
 * decay into denormals and stay there, and arithmetic on denormals slows a CPU manyfold. 1e-17 keeps `(1 - beta2) g^2` normal
 * up to beta2 = 0.9999, and moves no parameter by more than 1e-9 lr a step.
 */
function gradientFloor(eps: number): number {
  return Math.min(1e-17, 1e-9 * eps);
}

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
