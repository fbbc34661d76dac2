/** Lion (arXiv 2302.06675): the sign of a momentum as the update. An optimizer of one's own in one file. */
import { defineOptimizer, type Optimizer } from "reluscope";
import { z } from "zod";

export const lion: Optimizer = defineOptimizer({
  name: "lion",
  summary: "sign of an interpolated momentum; decoupled weight decay on matrices",
  options: z.strictObject({}),
  reads: ["beta1", "beta2", "weight_decay"],
  create: (_, { beta1, beta2, weight_decay }) => ({
    init: (parameters) =>
      Object.fromEntries(Object.entries(parameters).map(([name, shape]) => [`lion.m/${name}`, shape])),
    scalars: () => ({}),
    update({ tf, state, grads, lr }) {
      const next: Record<string, (typeof grads)[string]> = {};
      for (const [name, grad] of Object.entries(grads)) {
        const [param, momentum] = [state[name]!, state[`lion.m/${name}`]!];
        const move = tf.sign(tf.add(tf.mul(momentum, beta1), tf.mul(grad, 1 - beta1)));
        const decay = param.rank >= 2 ? tf.mul(param, weight_decay) : tf.zerosLike(param);
        next[name] = tf.sub(param, tf.mul(tf.add(move, decay), lr));
        next[`lion.m/${name}`] = tf.add(tf.mul(momentum, beta2), tf.mul(grad, 1 - beta2));
      }
      return next;
    },
    shrink: (lr, shape) => (shape.length >= 2 ? 1 - lr * weight_decay : 1),
  }),
});
