/** What layer-contrast reports: meaning, range, unit, source, pitfall. */
import {
  type ShareName,
  type StatisticName,
  scaleOf,
  shareNames,
  statisticNames,
} from "../../../statistics/contrast.ts";
import { gatheredAnalyses } from "../../../statistics/gathered.ts";
import { unitGroups } from "../layer-statistics.ts";
import { type DeltaName, deltaNames } from "./effects.ts";
import { fewestFirings } from "./specificity.ts";
import { chance, tokensTold } from "./unit-tokens.ts";

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
/** Statistics whose trends are judged. */
export const trendNames = ["use_token", "use_seq", "use_batch"] as const satisfies readonly StatisticName[];

const rarefied =
  "Of use_batch it is compared at the most sequences (delta_use_batch_tokens) whose union saturates neither layer, over 99 % of units; NaN where a single sequence does.";
const verdictNumbers =
  "1 inverted, 0 undecided, -1 same order in both layers, -2 reversed (inverted the other way round)";
const settledIf =
  "NaN not yet: before the first intervals, or while the contrast moves by over half of itself in a doubling of tokens.";

type Metric =
  | StatisticName
  | `${"delta" | "delta_mean" | "delta_low" | "delta_high"}_${DeltaName}`
  | "delta_use_batch_tokens"
  | "delta_mean_use_batch_tokens"
  | `h_${"mean" | "low" | "high"}_use_batch`
  | `trend_${(typeof trendNames)[number]}`
  | `h_${ShareName}`
  | "use_batch_equal_firings"
  | "delta_use_batch_equal_firings"
  | "seq_spread"
  | "specificity"
  | "specificity_q90"
  | "specificity_units"
  | "delta_specificity"
  | "unit_specificity"
  | "unit_text_frequency"
  | "unit_tokens"
  | "token_occurrences"
  | "token_share"
  | "token_share_low"
  | "inversion_cross_level"
  | "inversion_size"
  | "inversion_pool";

function perStatistic(
  prefix: string,
  describe: (meaning: string, name: StatisticName) => string,
  names: readonly StatisticName[] = statisticNames,
) {
  return Object.fromEntries(names.map((name) => [`${prefix}${name}`, describe(meanings[name], name)]));
}

const ofText =
  "On the held-out text of specificity (`specificity_tokens`, and no more than `eval.windows` of the config), of at most `specificity_units` units, the others having none. Recorded with option `per_unit`.";

/** Name to documentation. */
export const metrics = {
  ...perStatistic("", (meaning) => `Per layer: ${meaning}. All layers, since first against last can hide a U-shape.`),
  ...perStatistic(
    "delta_",
    (meaning, name) =>
      `Last minus first layer, ${scaleOf(name) === "log" ? "log" : "log odds"} of the ${meaning}, this batch. Any real; 0 no contrast; NaN where a share is 0 or 1.${name === "use_batch" ? ` ${rarefied} arXiv 2407.07848 implies +4.95.` : ""}`,
    deltaNames,
  ),
  delta_use_batch_tokens:
    "Tokens at which delta_use_batch compares the layers: the batch's, or fewer where a layer saturates.",
  ...perStatistic(
    "delta_mean_",
    (_, name) =>
      `Mean of delta_${name} over the last ${gatheredAnalyses} analysed batches after warm-up; not given before.`,
    deltaNames,
  ),
  ...perStatistic(
    "delta_low_",
    (_, name) =>
      `Lower end of the 95 % interval of delta_mean_${name}, over units and sequences: what other batches of this text, and other units like these, would show. Sequences by differences between neighbours in time, units by leaving out each of ${unitGroups} groups. NaN: no interval. It says nothing about other seeds (\`experiment contrast\` does).`,
    deltaNames,
  ),
  ...perStatistic("delta_high_", (_, name) => `Upper end of the 95 % interval of delta_mean_${name}.`, deltaNames),
  h_mean_use_batch: `Mean of h_use_batch over the last ${gatheredAnalyses} analysed batches after warm-up: unlike log odds it is finite where a layer is saturated.`,
  h_low_use_batch:
    "Lower end of its 95 % interval over units and sequences; it decides which layer uses more per batch.",
  h_high_use_batch: "Upper end of the same.",
  delta_mean_use_batch_tokens: "Tokens at which delta_mean_use_batch compares the layers.",
  ...perStatistic(
    "h_",
    (meaning) => `Cohen's h, last against first layer, of the ${meaning}. [-pi, pi]; 0.2 small, 0.5 medium, 0.8 large.`,
    shareNames,
  ),
  ...perStatistic(
    "trend_",
    (meaning) =>
      `Inversion I2 of the ${meaning}: does its slope against log tokens after warm-up fall in the first layer and rise in the last, both certainly? The slopes' intervals allow for noise that is correlated between neighbours in time (autoregressive, its correlation averaged out: Zellner & Tiao 1964; where it is near 1 they are too short), and for ${trendNames.length} statistics being tested. ${verdictNumbers.replace("same order in both layers", "same direction")}. Judged every \`trend_every\` analyses.`,
    trendNames,
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
  unit_specificity: `Specificity of each unit, as in specificity: at most 1, NaN under ${fewestFirings} firings. ${ofText}`,
  unit_text_frequency: `Share of the positions of that text at which each unit fires. [0, 1]. ${ofText}`,
  unit_tokens: `Tokens that each unit fires for, ${tokensTold} at most: of those at which it fires in that text the ones with the highest token_share_low. Ids, below 0 for none. ${ofText}`,
  token_occurrences:
    "How often each of unit_tokens occurs in that text: the N behind token_share. Few occurrences say little.",
  token_share:
    "Share of the occurrences of each of unit_tokens at which the unit fires. [0, 1]. To be held against unit_text_frequency, its share of all positions: a unit that always fires does so at every token.",
  token_share_low: `Lower end of the exact interval of token_share (Clopper and Pearson 1934, Biometrika 26:404), which holds for all tokens counted, of one unit, at once at ${100 * (1 - chance)} % (Bonferroni), occurrences taken as independent. [0, 1]. Above unit_text_frequency: the unit fires for this token more than elsewhere, and not by chance.`,
  inversion_cross_level: `Inversion I1: the last layer uses fewer units per token and more per batch than the first (arXiv 2407.07848), both 95 % intervals without 0. ${verdictNumbers}. ${settledIf}`,
  inversion_size: "delta_use_batch - delta_use_token: size of I1 in log odds.",
  inversion_pool: `Inversion I3: the last layer uses more units per batch and has the higher k50 (the first: a small pool, used often), both 95 % intervals without 0. ${verdictNumbers}. ${settledIf}`,
} as Record<Metric, string>;
