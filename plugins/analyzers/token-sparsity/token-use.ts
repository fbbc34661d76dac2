/** Use of a layer by single tokens. */
import { interval } from "../../../statistics/jackknife.ts";
import { mean, quantile, sorted, variance } from "../../../statistics/moments.ts";
import type { Firings } from "../counts.ts";

/**
 * Share and number of the layer's units that tokens use; the error is between sequences, whose tokens are alike. Sums are of
 * integers or in rising order: the order of tokens and sequences does not show in the last bit.
 */
export function tokenUse({ perToken, batch, pos, units }: Firings) {
  const rising = sorted(perToken);
  const active = mean(rising);
  const ofSequences = Array.from({ length: batch }, (_, b) => {
    let sum = 0;
    for (let t = 0; t < pos; t++) sum += perToken[b * pos + t]!;
    return sum;
  });
  const error = Math.sqrt(variance(sorted(ofSequences)) / batch) / pos / units;
  const use = interval(active / units, error, batch - 1);
  return {
    use_token: use.value,
    use_token_se: use.se,
    use_token_low: use.low,
    use_token_high: use.high,
    sparsity_token: 1 - use.value,
    active_per_token: active,
    active_per_token_sd: Math.sqrt(variance(rising)),
    active_per_token_min: quantile(rising, 0),
    active_per_token_q05: quantile(rising, 0.05),
    active_per_token_q50: quantile(rising, 0.5),
    active_per_token_q95: quantile(rising, 0.95),
    active_per_token_max: quantile(rising, 1),
  };
}
