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

  const updated = ({ param, grad, m, v }: Quantities, decay: boolean): Omit<Quantities, "grad"> => {
    const g = tf.add(grad, floor);
    const first = tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1));
    const second = tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2));
    const update = tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), epsilon));
    return { param: tf.sub(decay ? tf.mul(param, shrink) : param, update), m: first, v: second };
  };

  const next: Record<string, Tensor> = {};
  const put = (name: string, { param, m, v }: Omit<Quantities, "grad">) => {
    next[name] = param;
    next[`adam.m/${name}`] = m;
    next[`adam.v/${name}`] = v;
  };
  const of = (name: string): Quantities => ({
    param: state[name]!,
    grad: grads[name]!,
    m: state[`adam.m/${name}`]!,
    v: state[`adam.v/${name}`]!,
  });
  const vectors: string[] = [];
  for (const name of Object.keys(grads)) {
    const { shape } = state[name]!;
    if (shape.length === 1) vectors.push(name);
    else put(name, updated(of(name), weight_decay > 0 && decays(shape)));
  }
  for (const [name, quantities] of asOne(tf, vectors, of, (all) => updated(all, false))) put(name, quantities);
  return next;
}

/** What AdamW knows of a parameter; all of one shape. */
interface Quantities {
  readonly param: Tensor;
  readonly grad: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
}

/** The update of many vectors as that of one: a dozen operations on a thousand numbers are mostly overhead. */
function asOne(
  tf: UpdateInputs["tf"],
  names: readonly string[],
  of: (name: string) => Quantities,
  updated: (all: Quantities) => Omit<Quantities, "grad">,
): [string, Omit<Quantities, "grad">][] {
  const each = names.map(of);
  if (each.length < 2) return each.map((one, i) => [names[i]!, updated(one)]);
  const joined = (key: keyof Quantities) => tf.concat(each.map((one) => one[key]));
  const all = updated({ param: joined("param"), grad: joined("grad"), m: joined("m"), v: joined("v") });
  const sizes = each.map(({ param }) => param.size);
  const parts = { param: tf.split(all.param, sizes), m: tf.split(all.m, sizes), v: tf.split(all.v, sizes) };
  return names.map((name, i) => [name, { param: parts.param[i]!, m: parts.m[i]!, v: parts.v[i]! }]);
}

/**
 * Added to gradients before they enter the moments. The moments of a silent neuron, whose gradient is zero, would otherwise
 * decay into denormals and stay there, and arithmetic on denormals slows a CPU manyfold. 1e-17 keeps `(1 - beta2) g^2` normal
 * up to beta2 = 0.9999, and moves no parameter by more than 1e-9 lr a step.
 */
function gradientFloor(eps: number): number {
  return Math.min(1e-17, 1e-9 * eps);
}
