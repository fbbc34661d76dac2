/** Stochastic gradient descent with momentum, as PyTorch's `torch.optim.SGD` computes it. */

import type { Tensor } from "@tensorflow/tfjs";
import { z } from "zod";
import { defineOptimizer, type Optimizer } from "../../core/contract/optimizer.ts";

/**
 * Optimizer `sgd`: `g += wd p` on matrices (coupled decay, unlike AdamW's), `b = momentum b + g`, `p -= lr b`; with `nesterov`,
 * `p -= lr (g + momentum b)`. Norms and biases do not decay.
 */
export const sgd: Optimizer = defineOptimizer({
  name: "sgd",
  summary:
    "Gradient descent with momentum, plain or Nesterov's; weight decay is part of the gradient, on matrices only.",
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.9).describe("Decay of the running sum of gradients."),
    nesterov: z.boolean().default(false).describe("Look ahead along the momentum."),
  }),
  reads: ["weight_decay"],
  create: ({ momentum, nesterov }, { weight_decay }) => ({
    init: (parameters) =>
      Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [`sgd.b/${name}`, shape])),
    scalars: () => ({}),
    update: ({ tf, state, grads, lr }) => {
      const next: Record<string, Tensor> = {};
      for (const [name, grad] of Object.entries(grads)) {
        const param = state[name]!;
        const g = weight_decay > 0 && param.rank >= 2 ? tf.add(grad, tf.mul(param, weight_decay)) : grad;
        const b = tf.add(tf.mul(state[`sgd.b/${name}`]!, momentum), g);
        next[name] = tf.sub(param, tf.mul(nesterov ? tf.add(g, tf.mul(b, momentum)) : b, lr));
        next[`sgd.b/${name}`] = b;
      }
      return next;
    },
  }),
});
