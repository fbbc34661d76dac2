/** Weights of which only a share of the MLP units can fire, as in a trained model. */
import type { NDArray } from "../core/arrays/ndarray.ts";
import { createRandom } from "../core/arrays/random.ts";

/**
 * Shares of units that fire in a batch of 1024 tokens, by layer, in a run at mid size on the default corpus with the defaults: at steps
 * 200 and 1000.
 */
export const liveAt = {
  200: [1, 0.92, 0.69, 0.54, 0.43, 0.35],
  1000: [1, 0.87, 0.49, 0.33, 0.24, 0.25],
} as const;

type Weights = Record<string, NDArray<Float32Array>>;

/** The weights, with biases of randomly chosen units so low that they fire for no token. */
export function silenced(weights: Weights, live: readonly number[] | undefined): Weights {
  if (live === undefined) return weights;
  for (const [layer, share] of live.entries()) {
    const { data } = weights[`blocks.${layer}.mlp.b_in`]!;
    const random = createRandom(layer, "silenced");
    for (let left = Math.round((1 - share) * data.length); left > 0; ) {
      const unit = random.integer(data.length);
      if (data[unit] === 0) left--;
      data[unit] = -50;
    }
  }
  return weights;
}
