/** AdamW (arXiv 1711.05101) over named tensors. */

import type { Tensor } from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineOptimizer,
  type Optimizer,
  type OptimizerSettings,
  type UpdateInputs,
} from "../../core/contract/optimizer.ts";

/** Optimizer `adamw`. */
export const adamw: Optimizer = defineOptimizer({
  name: "adamw",
  summary: "AdamW (arXiv 1711.05101): decoupled weight decay, on matrices only.",
  options: z.strictObject({}),
  reads: ["weight_decay", "beta1", "beta2", "eps"],
  create: (_, settings) => ({
    init: (parameters) => {
      const moments = (kind: string) =>
        Object.entries(parameters).map(([name, shape]) => [`adam.${kind}/${name}`, shape] as const);
      return Object.fromEntries([...moments("m"), ...moments("v")]);
    },
    scalars: (step) => biasCorrections(settings, step),
    update: (inputs) => adamUpdate(settings, inputs),
    shrink: (lr, shape) => (decays(shape) ? 1 - lr * settings.weight_decay : 1),
  }),
});

/** `1 / (1 - beta^step)` of both moments; the first step is 1. */
function biasCorrections(settings: OptimizerSettings, step: number): Record<string, number> {
  return { correction1: 1 / (1 - settings.beta1 ** step), correction2: 1 / (1 - settings.beta2 ** step) };
}

/** Embeddings too (as in GPT-2's reproductions: a tied embedding is also the unembedding); norms and biases never do. */
function decays(shape: readonly number[]): boolean {
  return shape.length >= 2;
}

/**
 * One step: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = p (1 - lr wd) - lr m^ / (sqrt(v^) + eps)`, giving the new
 * parameters and moments by name.
 */
function adamUpdate(
  settings: OptimizerSettings,
  { tf, state, grads, lr, scalars }: UpdateInputs,
): Record<string, Tensor> {
  const { beta1, beta2, eps, weight_decay } = settings;
  const { correction1, correction2 } = scalars as { correction1: Tensor; correction2: Tensor };
  // With both corrections moved to scalars: rate m / (sqrt(v) + eps'), one pass over each tensor less.
  const root = tf.sqrt(correction2);
  const rate = tf.div(tf.mul(lr, correction1), root);
  const epsilon = tf.div(eps, root);
  const shrink = tf.sub(1, tf.mul(lr, weight_decay));
  const floor = gradientFloor(eps);

  const next: Record<string, Tensor> = {};
  for (const [name, grad] of Object.entries(grads)) {
    const param = state[name]!;
    const g = tf.add(grad, floor);
    const m = tf.add(tf.mul(state[`adam.m/${name}`]!, beta1), tf.mul(g, 1 - beta1));
    const v = tf.add(tf.mul(state[`adam.v/${name}`]!, beta2), tf.mul(tf.square(g), 1 - beta2));
    const update = tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), epsilon));
    const decayed = weight_decay > 0 && decays(param.shape) ? tf.mul(param, shrink) : param;
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
