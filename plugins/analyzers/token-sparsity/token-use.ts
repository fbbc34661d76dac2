/** Use of a layer by single tokens. */
import { mean, quantile, variance } from "../../../statistics/moments.ts";
import { risingOf, tallyOf } from "../../../statistics/tally.ts";
import type { Firings } from "../counts.ts";

/**
 * Share and number of the layer's units that tokens use. Sums are in rising order: the order of tokens and sequences does not show
 * in the last bit.
 */
export function tokenUse({ perToken, units }: Pick<Firings, "perToken" | "units">) {
  const rising = risingOf(tallyOf(perToken, units));
  const active = mean(rising);
  return {
    use_token: active / units,
    sparsity_token: 1 - active / units,
    active_per_token: active,
    active_per_token_sd: Math.sqrt(variance(rising)),
    active_per_token_min: quantile(rising, 0),
    active_per_token_q05: quantile(rising, 0.05),
    active_per_token_q50: quantile(rising, 0.5),
    active_per_token_q95: quantile(rising, 0.95),
    active_per_token_max: quantile(rising, 1),
  };
}
