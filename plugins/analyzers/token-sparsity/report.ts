/** What token-sparsity says of one layer. */
import type { Firings } from "../counts.ts";
import { dormancy } from "./dormancy.ts";
import { frequencies, frequencyHistogram, rankFrequency } from "./frequency.ts";
import { designEffect, sequenceFrequencies } from "./sequences.ts";
import { type TokenFirings, withSquares } from "./token-firings.ts";
import { tokenUse } from "./token-use.ts";

/** Everything that token-sparsity reports of a layer's firings. `sums`: each unit's sum of |activation|, for dormancy. */
export function tokenReport(layer: Firings, sums: ArrayLike<number>) {
  return tokenReportOf(withSquares(layer), sums);
}

/** The same of what the probe returned. */
export function tokenReportOf(layer: TokenFirings, sums: ArrayLike<number>) {
  return {
    ...tokenUse(layer),
    ...frequencies(layer),
    ...sequenceFrequencies(layer),
    ...dormancy(sums),
    design_effect: designEffect(layer),
    frequency_histogram: frequencyHistogram(layer),
    rank_frequency: rankFrequency(layer),
  };
}
