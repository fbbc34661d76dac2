/** What token-sparsity reports: meaning, range, unit, source, pitfall. */

/** Name to documentation. */
export const metrics = {
  use_token:
    "Share of a layer's units that are active (activation > 0) at a token, mean over all tokens. [0, 1]. Per-Token Hidden Unit Use of arXiv 2407.07848; the activation ratio of arXiv 2210.06313. Use is not sparsity: sparsity is 1 - use. By symmetry it starts near 0.5, so a fall from 0.5 is the baseline and not a finding.",
  sparsity_token: "1 - use_token: share of zeros in the hidden activations. [0, 1].",
  active_per_token: "Active units at a token, mean over tokens. [0, d_mlp] units.",
  active_per_token_sd: "Active units at a token, standard deviation over tokens. Units.",
  active_per_token_min: "Active units at the token that uses fewest. Units. Falls with the number of tokens looked at.",
  active_per_token_q05: "Active units at a token, 5 % quantile over tokens. Units.",
  active_per_token_q50: "Active units at a token, median over tokens. Units.",
  active_per_token_q95: "Active units at a token, 95 % quantile over tokens. Units.",
  active_per_token_max: "Active units at the token that uses most. Units. Rises with the number of tokens looked at.",
} as const;
