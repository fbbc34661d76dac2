/** What batch-union-sparsity reports: meaning, range, unit, source, pitfall. */

/** Name to documentation. */
export const metrics = {
  use_token:
    "Share of a layer's units active at a token, mean over tokens. [0, 1]. The same number as token-sparsity's, here as the first of three levels.",
  use_seq:
    "Share of units active at any token of a sequence, mean over sequences. [0, 1], at least use_token. Per-Sequence Hidden Unit Use of arXiv 2407.07848; 1 - aggregated sparsity of arXiv 2310.04564. Grows with the sequence's length.",
  use_batch:
    "Share of units active at any token of the batch. [0, 1], at least use_seq. Per-Batch Hidden Unit Use of arXiv 2407.07848. Grows with the tokens in the batch: never compare runs of different batch or context size.",
  seq_over_token: "use_seq / use_token: how many times more units a sequence uses than one of its tokens. [1, pos].",
  batch_over_seq: "use_batch / use_seq. [1, batch].",
  batch_over_token: "use_batch / use_token. [1, batch x pos].",
} as const;
