/** What the weights alone say about firing: LayerNorm's output lies on a sphere, so a pre-activation has a ceiling. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Normalisation } from "../../../core/contract/model.ts";
import type { ProbeInputs } from "../../../core/contract/sites.ts";
import { incompleteBeta } from "../../../statistics/special.ts";

type Tf = ProbeInputs["tf"];

/** The parameters between a layer's residual stream and its pre-activations; `weights` is `[d_model d_mlp]`. */
export interface IntoUnits {
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly gain: Tensor;
  readonly shift?: Tensor;
}

/** Lengths of the units' directions `g W`, `[1 d_mlp]`: `across` is that of P(g W), P subtracting the mean (RMSNorm: nothing). */
export function lengthsOf(tf: Tf, { weights, gain }: IntoUnits, norm: Normalisation["kind"]) {
  const d = weights.shape[0]!;
  const row = tf.reshape(gain, [1, d]);
  const squares = tf.matMul(tf.square(row), tf.square(weights)); // [1 d_mlp]: of g W, in one pass over W
  if (norm !== "layernorm") {
    const length = tf.sqrt(squares);
    return { whole: length, across: length };
  }
  const sums = tf.matMul(row, weights); // [1 d_mlp]
  const across = tf.relu(tf.sub(squares, tf.div(tf.square(sums), d)));
  return { whole: tf.sqrt(squares), across: tf.sqrt(across) };
}

/**
 * The firing threshold cosine of every unit, `theta = -(W.beta + b) / (sqrt(d) |P(g W)|)`: the unit fires iff `cos(n, P(g W)) > theta`.
 * At theta >= 1 no input whatever fires it: certified dead; at theta <= -1 it is always on. eps and rounding only make it conservative.
 */
export function thresholdCosine(
  tf: Tf,
  own: IntoUnits,
  norm: Normalisation["kind"],
  lengths = lengthsOf(tf, own, norm),
): Tensor {
  const [d, units] = own.weights.shape as [number, number];
  const { bias, shift } = own;
  const moved =
    shift === undefined ? tf.zeros([units]) : tf.reshape(tf.matMul(tf.reshape(shift, [1, d]), own.weights), [units]);
  const offset = bias === undefined ? moved : tf.add(moved, bias); // [d_mlp]
  const reach = tf.reshape(tf.mul(lengths.across, Math.sqrt(d)), [units]);
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
