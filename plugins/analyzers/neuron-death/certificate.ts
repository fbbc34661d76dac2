/** What the weights alone say about firing: LayerNorm's output lies on a sphere, so a pre-activation has a ceiling. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Normalisation } from "../../../core/contract/model.ts";
import type { ProbeInputs } from "../../../core/contract/sites.ts";
import { incompleteBeta } from "../../../statistics/special.ts";

/**
 * The firing threshold cosine of every unit, `theta = -(W.beta + b) / (sqrt(d) |P(g W)|)` with P subtracting the mean (RMSNorm:
 * nothing): the unit fires iff `cos(n, P(g W)) > theta`. At theta >= 1 no input whatever fires it: certified dead; at
 * theta <= -1 it is always on. eps and rounding only make it conservative. `weights` is `[d_model d_mlp]`.
 */
export function thresholdCosine(
  tf: ProbeInputs["tf"],
  { weights, bias, gain, shift }: { weights: Tensor; bias?: Tensor; gain: Tensor; shift?: Tensor },
  norm: Normalisation["kind"],
): Tensor {
  const d = weights.shape[0]!;
  const scaled = tf.mul(weights, tf.reshape(gain, [d, 1])); // [d_model d_mlp]
  const direction = norm === "layernorm" ? tf.sub(scaled, tf.mean(scaled, 0, true)) : scaled;
  const reach = tf.sqrt(tf.mul(tf.sum(tf.square(direction), 0), d)); // [d_mlp]
  const units = weights.shape[1]!;
  const moved = shift === undefined ? tf.zeros([units]) : tf.sum(tf.mul(weights, tf.reshape(shift, [d, 1])), 0);
  const offset = bias === undefined ? moved : tf.add(moved, bias); // [d_mlp]
  return tf.div(tf.neg(offset), tf.maximum(reach, 1e-30));
}

/**
 * How often directions spread evenly over the sphere would fire the unit: `1/2 I_(1 - theta^2)((k - 1)/2, 1/2)`, with k the
 * dimensions that the norm leaves: d - 1 for LayerNorm, d for RMSNorm.
 */
export function isotropicRate(theta: number, d: number, norm: Normalisation["kind"]): number {
  const left = norm === "layernorm" ? d - 1 : d;
  const tail = 0.5 * incompleteBeta(1 - theta * theta, (left - 1) / 2, 0.5);
  if (theta >= 1) return 0;
  if (theta <= -1) return 1;
  return theta >= 0 ? tail : 1 - tail;
}
