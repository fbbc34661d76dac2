/** Keys that are common enough to have a flag of their own. */

/** Flag to key path and help. */
export const shortFlags = {
  name: { key: "name", describe: "Name of the run" },
  runs: { key: "runs", describe: "Folder of the run directories" },
  seed: { key: "seed", describe: "Seed of everything random" },
  engine: { key: "engine.name", describe: "What runs the train step" },
  corpus: { key: "data.corpus", describe: "Corpus plugin" },
  "n-layers": { key: "model.n_layers", describe: "Transformer blocks" },
  "d-model": { key: "model.d_model", describe: "Width of the residual stream" },
  "d-mlp": { key: "model.d_mlp", describe: "Hidden units of each MLP" },
  "n-ctx": { key: "model.n_ctx", describe: "Context length, tokens" },
  activation: { key: "model.activation", describe: "MLP activation" },
  steps: { key: "train.steps", describe: "Optimizer steps" },
  "batch-size": { key: "train.batch_size", describe: "Sequences in one micro-batch" },
  lr: { key: "train.lr", describe: "Peak learning rate" },
} as const satisfies Record<string, { key: string; describe: string }>;
