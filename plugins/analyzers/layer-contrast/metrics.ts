/** What layer-contrast reports: meaning, range, unit, source, pitfall. */
import {
  coveredNames,
  type JackknifedName,
  overcoveredNames,
  type ShareName,
  type StatisticName,
  shareNames,
  statisticNames,
} from "../../../statistics/contrast.ts";
import { fewestFirings } from "./specificity.ts";

const meanings: Record<StatisticName, string> = {
  use_token: "share of units a token uses",
  use_seq: "share of units a sequence uses",
  use_batch: "share of units the batch uses",
  batch_over_token: "use_batch / use_token",
  k50: "share of units, the busiest first, that gives half of all firings",
  always_on: "share of units that fire at over 90 % of tokens",
  rare: "share of units that fire at under 0.1 % of tokens",
  cluster_index: "use_seq over that of shuffled tokens",
  dead_hat: "share of units estimated never to fire (Chao2)",
};
const ofText =
  "The error is over sequences of this text, for this trained network: it says nothing about other seeds (`experiment contrast` does).";

type Metric =
  | StatisticName
  | `${"delta" | "trend"}_${StatisticName}`
  | `delta_se_${JackknifedName}`
  | `h_${ShareName}`
  | "use_batch_equal_firings"
  | "delta_use_batch_equal_firings"
  | "seq_spread"
  | "specificity"
  | "specificity_q90"
  | "specificity_units"
  | "delta_specificity"
  | "inversion_cross_level"
  | "inversion_size"
  | "inversion_pool";

function perStatistic(
  prefix: string,
  describe: (meaning: string) => string,
  names: readonly StatisticName[] = statisticNames,
) {
  return Object.fromEntries(names.map((name) => [`${prefix}${name}`, describe(meanings[name])]));
}

/** Name to documentation. */
export const metrics = {
  ...perStatistic("", (meaning) => `Per layer: ${meaning}. All layers, since first against last can hide a U-shape.`),
  ...perStatistic(
    "delta_",
    (meaning) =>
      `Last minus first layer: log odds of the ${meaning} (log for ratios; shares of 0 or 1 moved in by half a unit). Its error, for statistics that have one: delta_se. Any real; 0 no contrast. For use_batch arXiv 2407.07848 implies +4.95.`,
  ),
  ...perStatistic(
    "delta_se_",
    (meaning) =>
      `Paired delete-one-sequence jackknife error of the contrast in the ${meaning}; -+ t of it, batch - 1 degrees of freedom, is a 95 % interval. ${ofText}`,
    coveredNames,
  ),
  ...perStatistic(
    "delta_se_",
    (meaning) =>
      `Paired delete-one-sequence jackknife error of the contrast in the ${meaning}. Too large rather than too small, as the jackknife is for unions (Efron & Stein 1981): no 95 % interval, -+ t of it covers more. ${ofText}`,
    overcoveredNames,
  ),
  ...perStatistic(
    "h_",
    (meaning) => `Cohen's h, last against first layer, of the ${meaning}. [-pi, pi]; 0.2 small, 0.5 medium, 0.8 large.`,
    shareNames,
  ),
  ...perStatistic(
    "trend_",
    (meaning) =>
      `Inversion I2 of the ${meaning}: do its slopes against log tokens after warm-up have opposite signs in first and last layer, both 95 % intervals without 0? The intervals allow for noise that is correlated between neighbours in time (autoregressive, its correlation averaged out: Zellner & Tiao 1964); where it is near 1 they are too short. 1 inverted, -1 same sign, 0 undetermined. Judged every \`trend_every\` analyses.`,
  ),
  use_batch_equal_firings:
    "Per layer: expected use_batch with as many firings drawn as the least active layer has. [0, 1]. Where layers no longer differ, their contrast in use_batch is activity, not specificity.",
  delta_use_batch_equal_firings: "Last minus first layer: log odds of use_batch_equal_firings.",
  seq_spread:
    "Per layer: median over used units of sequences that hold the unit / min(batch, firings). (0, 1]; low: units keep to few sequences. Specificity for sequences; for tokens see specificity.",
  specificity: `Per layer: median over units of 1 - H / E[H], H the entropy of the token at which the unit fires, E[H] its exact expectation if as many firings fell on random positions of the text. At most 1: fires at one token only; 0: does not care for the token (below 0 by chance). On held-out text, the same at each look, over its \`specificity_types\` most frequent tokens (ties: the earlier); units with under ${fewestFirings} firings are left out. Divided by E[H] and not by the log of the number of tokens, since few firings have little entropy by themselves. Our definition: arXiv 2407.07848 speaks of feature specificity without one that we could find.`,
  specificity_q90: "Per layer: 90 % quantile over units of the same. A few specific units show here first.",
  specificity_units: "Per layer: share of the units looked at that fired often enough for a specificity. [0, 1].",
  delta_specificity:
    "Last minus first layer: specificity. [-2, 2] about. Without an error: compare seeds. The first layer sees tokens unmixed, which is no effect of depth as such.",
  inversion_cross_level:
    "Inversion I1: contrast in use_token and in use_batch have opposite signs, both over 3 jackknife errors. 1 inverted, -1 same sign, 0 undetermined.",
  inversion_size: "delta_use_batch - delta_use_token: size of I1 in log odds.",
  inversion_pool:
    "Inversion I3: the first layer has lower use_batch and lower k50 (small pool, used often), both over 3 jackknife errors. 1 inverted, -1 not so, 0 undetermined.",
} as Record<Metric, string>;
