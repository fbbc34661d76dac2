/** What batch-union-sparsity reports: meaning, range, unit, source, pitfall. */
import { gathered } from "../metric-words.ts";

/** Name to documentation. */
export const metrics = {
  use_token:
    "Share of a layer's units active at a token, mean over tokens. [0, 1]. The same number as token-sparsity's, here as the first of three levels.",
  use_seq:
    "Share of units active at any token of a sequence, mean over sequences. [0, 1], at least use_token. Per-Sequence Hidden Unit Use of arXiv 2407.07848; 1 - aggregated sparsity of arXiv 2310.04564. Grows with the sequence's length.",
  use_batch:
    "Share of units active at any token of the batch. [0, 1], at least use_seq. Per-Batch Hidden Unit Use of arXiv 2407.07848. Grows with the tokens in the batch: never compare runs of different batch or context size, unless by union_growth.",
  seq_over_token: "use_seq / use_token: how many times more units a sequence uses than one of its tokens. [1, pos].",
  batch_over_seq: "use_batch / use_seq; Whittaker's beta of sequences. [1, batch].",
  batch_over_token: "use_batch / use_token. [1, batch x pos].",
  use_seq_shuffled:
    "Expected use of a sequence whose tokens are drawn from the whole batch, every unit's frequency kept (rarefaction to pos tokens, exact). [0, 1]. The null of cluster_index.",
  use_seq_naive:
    "1 - (1 - use_token)^pos: use of a sequence if all units fired equally often and independently (random sparsity of arXiv 2310.04564). [0, 1]. Overstates what chance would use, because units differ: not a null.",
  use_batch_independent:
    "Expected use of a batch of independent tokens, unit frequencies from the batches before (option `window`). [0, 1]; NaN at first. Frequencies of the same batch would be biased: a unit seen once would count 0.63.",
  cluster_index:
    "use_seq / use_seq_shuffled. 1: no structure beyond frequency; below 1: tokens of one sequence share units; above 1: they avoid each other's. > 0.",
  cluster_index_mean: `${gathered.mean("cluster_index")} Of its logs.`,
  cluster_index_low: gathered.low("cluster_index"),
  cluster_index_high: gathered.high("cluster_index"),
  seq_overlap: "Share of units that two sequences both use, mean over pairs. [0, use_seq].",
  seq_jaccard: "Mean intersection over mean union of two sequences' units. [0, 1].",
  only_one_seq: "Share of the batch's used units that only one sequence uses. [0, 1].",
  dead_hat:
    "Share of units estimated never to fire on such text: 1 - Chao2/d_mlp, from units in exactly one and two sequences (Chao 1987). [0, 1 - use_batch]. No bound and without an interval: it bounds the dead from above on average, but on windows of real text one batch of 16 falls below them in a quarter of cases.",
  dead_hat_tokens:
    "The same by Chao1, with tokens as samples. [0, 1 - use_batch]. Assumes independent tokens: prefer dead_hat.",
  seq_singletons: "Units that exactly one sequence uses (Q1): what dead_hat rests on. Units.",
  seq_doubletons: "Units that exactly two sequences use (Q2). Units.",
  n50: "Fewest shuffled tokens whose expected union is half of use_batch. Tokens; NaN when nothing fires.",
  n95: "Fewest shuffled tokens whose expected union is 95 % of use_batch. Tokens. Near the batch's size: the union is not saturated.",
  unsaturated:
    "What one more doubling of tokens would add to use_batch at the present slope, ln 2 x (units that fired exactly once) / d_mlp. [0, 0.7]. 0: saturated.",
  union_growth:
    "Rows over numbers of tokens: n; union of n shuffled tokens (rarefaction); 1 - (1 - use_token)^n; union of n / pos whole sequences (NaN within a sequence). Shares.",
} as const;
