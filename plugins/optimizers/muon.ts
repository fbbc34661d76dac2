/** Muon: momentum whose matrices are orthogonalised (K. Jordan et al. 2024, kellerjordan.github.io/posts/muon). */

import type * as TF from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import { z } from "zod";
import { defineOptimizer, type Optimizer } from "../../core/contract/optimizer.ts";
import { adamw } from "./adamw.ts";

/** The quintic whose iteration drives singular values towards one (the post, "Tuning the coefficients"). */
const [a, b, c] = [3.4445, -4.775, 2.0315] as const;

/**
 * Optimizer `muon`: hidden matrices move by `lr scale O`, where O is the Nesterov momentum with its singular values near one and
 * `scale = sqrt(max(1, rows / columns))` of the transposed weight, as PyTorch stores it. Embeddings, norms and biases move by AdamW
 * at `lr * adam_lr`. Weight decay is decoupled.
 */
export const muon: Optimizer = defineOptimizer({
  name: "muon",
  summary: "Orthogonalised momentum on hidden matrices, AdamW on embeddings, norms and biases.",
  options: z.strictObject({
    momentum: z.number().min(0).lt(1).default(0.95).describe("Decay of the running sum of gradients."),
    iterations: z.int().min(1).max(10).default(5).describe("Newton-Schulz iterations."),
    adam_lr: z.number().positive().default(0.15).describe("Learning rate of AdamW's part, as a share of lr."),
  }),
  reads: ["weight_decay", "beta1", "beta2", "eps"],
  create: ({ momentum, iterations, adam_lr }, settings) => {
    const adam = adamw.create({} as never, settings);
    const split = <T>(named: Readonly<Record<string, T>>, muons: boolean) =>
      Object.fromEntries(Object.entries(named).filter(([name]) => isHidden(name) === muons));
    return {
      init: (parameters) => {
        const hidden = Object.entries(split(parameters, true));
        const momenta = hidden.map(([name, shape]) => [`muon.b/${name}`, shape] as const);
        return { ...adam.init(split(parameters, false)), ...Object.fromEntries(momenta) };
      },
      scalars: (step) => adam.scalars(step),
      update: ({ tf, state, grads, lr, scalars }) => {
        const rest = { tf, state, grads: split(grads, false), lr: tf.mul(lr, adam_lr), scalars };
        const next: Record<string, Tensor> = { ...adam.update(rest) };
        for (const [name, grad] of Object.entries(split(grads, true))) {
          const buffer = tf.add(tf.mul(state[`muon.b/${name}`]!, momentum), tf.mul(grad, 1 - momentum));
          const ahead = tf.add(tf.mul(grad, 1 - momentum), tf.mul(buffer, momentum));
          const [rows, columns] = grad.shape as [number, number];
          const move = tf.mul(orthogonal(tf, ahead, iterations), Math.sqrt(Math.max(1, columns / rows)));
          const kept = tf.mul(state[name]!, tf.sub(1, tf.mul(lr, settings.weight_decay)));
          next[name] = tf.sub(kept, tf.mul(move, lr));
          next[`muon.b/${name}`] = buffer;
        }
        return next;
      },
      shrink: (lr, shape) => (shape.length >= 2 ? 1 - lr * settings.weight_decay : 1),
    };
  },
});

/** Matrices inside blocks. */
function isHidden(name: string): boolean {
  return name.startsWith("blocks.") && /\.W_\w+$/.test(name);
}

/** About the nearest orthogonal matrix, by Newton-Schulz; singular values end between 0.7 and 1.2. */
function orthogonal(tf: typeof TF, matrix: Tensor, iterations: number): Tensor {
  const tall = matrix.shape[0]! > matrix.shape[1]!;
  let x: Tensor = tf.div(matrix, tf.add(tf.sqrt(tf.sum(tf.square(matrix))), 1e-7));
  for (let i = 0; i < iterations; i++) {
    const gram = tall ? tf.matMul(x, x, true) : tf.matMul(x, x, false, true);
    const poly = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c));
    x = tf.add(tf.mul(x, a), tall ? tf.matMul(x, poly) : tf.matMul(poly, x));
  }
  return x;
}
