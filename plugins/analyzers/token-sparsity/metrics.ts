/** What token-sparsity reports: meaning, range, unit, source, pitfall. */

import { gathered } from "../metric-words.ts";

const redo =
  "ReDo's definition, arXiv 2302.12902. It is relative to the layer's mean: a layer that is nearly dead as a whole hides it.";
const within = "Taken within each sequence, then averaged over sequences. [0, 1], firings a token.";

/** Name to documentation. */
export const metrics = {
  use_token:
    "Share of a layer's units that are active (activation > 0, exactly) at a token, mean over all tokens. [0, 1]. Per-Token Hidden Unit Use of arXiv 2407.07848; the activation ratio of arXiv 2210.06313. Use is not sparsity: sparsity is 1 - use. By symmetry it starts near 0.5, so a fall from 0.5 is the baseline and not a finding.",
  use_token_mean: gathered.mean("use_token"),
  use_token_low: gathered.low("use_token"),
  use_token_high: gathered.high("use_token"),
  sparsity_token: "1 - use_token: share of zeros in the hidden activations. [0, 1].",
  active_per_token: "Active units at a token, mean over tokens. [0, d_mlp] units.",
  active_per_token_sd: "Active units at a token, standard deviation over tokens. Units.",
  active_per_token_min: "Active units at the token that uses fewest. Units. Falls with the number of tokens looked at.",
  active_per_token_q05: "Active units at a token, 5 % quantile over tokens. Units.",
  active_per_token_q50: "Active units at a token, median over tokens. Units.",
  active_per_token_q95: "Active units at a token, 95 % quantile over tokens. Units.",
  active_per_token_max: "Active units at the token that uses most. Units. Rises with the number of tokens looked at.",
  freq_q10: "Firing frequency f_i = firings / tokens, 10 % quantile over units. [0, 1]. No finer than 1 / tokens.",
  freq_q25: "Firing frequency, 25 % quantile over units. [0, 1].",
  freq_q50: "Firing frequency, median over units. [0, 1].",
  freq_q75: "Firing frequency, 75 % quantile over units. [0, 1].",
  freq_q90: "Firing frequency, 90 % quantile over units. [0, 1].",
  freq_q99: "Firing frequency, 99 % quantile over units. [0, 1].",
  always_on: "Share of units that fire at more than 90 % of tokens. [0, 1].",
  rare: "Share of units that fire, but at fewer than one token in 1000. [0, 1]. Needs many more than 1000 tokens in a batch to mean much.",
  never:
    "Share of units that fire at no token of the batch. [0, 1]. Silent here is not dead: see neuron-death, and mind the number of tokens.",
  k50: "Share of units, the busiest first, that gives half of all firings; the last unit counts by the part of it that is needed. [0, 0.5] about. Small: few units do most of the work.",
  gini: "Gini coefficient of firings over units. 0 all equal, near 1 one unit does it all; NaN when nothing fires.",
  n_eff: "Effective number of units, (sum f)^2 / sum f^2. [1, d_mlp] units; NaN when nothing fires.",
  seq_freq_rank01: `Frequency of the unit at the border of the 1 % most used. ${within} Percentile statistic of arXiv 2407.07848, read as a quantile.`,
  seq_freq_rank10: `Frequency of the unit at the border of the 10 % most used. ${within}`,
  seq_freq_rank50: `Frequency of the unit at the border of the 50 % most used: the median unit. ${within}`,
  seq_freq_top01: `Mean frequency of the 1 % most used units. ${within} Percentile statistic of arXiv 2407.07848, read as a mean of the top: never compare it with the other reading.`,
  seq_freq_top10: `Mean frequency of the 10 % most used units. ${within}`,
  seq_freq_top50: `Mean frequency of the 50 % most used units. ${within}`,
  dormant_0: `Share of units whose mean |activation| is 0. [0, 1]. ${redo}`,
  dormant_025: `Share of units whose mean |activation| is at most 0.025 times the layer's mean. [0, 1]. ${redo}`,
  dormant_1: `Share of units whose mean |activation| is at most 0.1 times the layer's mean. [0, 1]. ${redo}`,
  design_effect:
    "Median over units of T Var_b(C_b/T) / (f (1 - f)): by how much the variance of a frequency exceeds that of independent tokens. 1 independent, T fully alike. Divide tokens by it to get an effective number.",
  frequency_histogram:
    "Share of units in each bin of log10 firing frequency: index 0 never fires, index k > 0 has log10 f in (-6 + (k - 1)/10, -6 + k/10].",
  rank_frequency: "Row 0: ranks of units from the most used, log-spaced; row 1: the firing frequency at each rank.",
  unit_frequency: "Firing frequency of each unit in the batch. [0, 1]. Recorded with option `per_unit`.",
  unit_activation: "Mean |activation| of each unit over the tokens of the batch. Recorded with option `per_unit`.",
} as const;
