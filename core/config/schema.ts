/** Every key of `.experimentrc`: default, unit and description. The JSON Schema for editors and all help come from here. */
import { z } from "zod";

const count = (least = 1) => z.int().min(least);
const fraction = z.number().min(0).max(1);

const model = z.strictObject({
  n_layers: count().default(4).describe("Transformer blocks."),
  d_model: count().default(64).describe("Width of the residual stream."),
  n_heads: count().default(4).describe("Attention heads; must divide d_model."),
  d_mlp: count().default(512).describe("Hidden units of each block's MLP: the neurons that are watched."),
  n_ctx: count().default(64).describe("Context length, tokens."),
  activation: z
    .enum(["relu", "gelu", "relu2"])
    .default("relu")
    .describe("MLP activation: relu, or a control: gelu (tanh form), relu2 (relu squared)."),
  norm: z.enum(["layernorm", "rmsnorm"]).default("layernorm").describe("Normalisation before attention and MLP."),
  bias: z.boolean().default(true).describe("Biases in linear layers and layer norms."),
  tie_embeddings: z.boolean().default(true).describe("Unembed with the transpose of the token embedding."),
  init_scale: z
    .number()
    .positive()
    .default(1)
    .describe("Factor on the initial weights: N(0, 0.02 x init_scale), residual outputs divided by sqrt(2 n_layers)."),
});

const data = z.strictObject({
  corpus: pluginChoice("Corpus plugin: a name (sotu, text, tokens, or your own) or `{ name: { options } }`.").default({
    sotu: {},
  }),
  tokenizer: z
    .enum(["bytes", "gpt2"])
    .default("bytes")
    .describe("bytes: 256 ids. gpt2: byte-pair encoding, ids compacted to those that occur in the corpus."),
  eval_fraction: fraction.default(0.05).describe("Share of the documents that is held out for evaluation."),
});

const train = z.strictObject({
  steps: count().default(300).describe("Optimizer steps in the whole run."),
  batch_size: count().default(16).describe("Sequences in one micro-batch."),
  accumulate: count().default(1).describe("Micro-batches whose gradients make one step."),
  lr: z.number().positive().default(3e-3).describe("Peak learning rate of AdamW."),
  min_lr: fraction.default(0.1).describe("Where the cosine ends, as a share of lr."),
  warmup_steps: count(0).default(30).describe("Steps of linear warm-up."),
  weight_decay: z.number().min(0).default(0.1).describe("Decoupled weight decay, on matrices only."),
  beta1: fraction.default(0.9).describe("AdamW: decay of the mean of gradients."),
  beta2: fraction.default(0.95).describe("AdamW: decay of the mean of squared gradients."),
  eps: z.number().positive().default(1e-8).describe("AdamW: added to the root of the second moment."),
  grad_clip: z.number().min(0).default(1).describe("Largest global norm of the gradient; 0 clips nothing."),
});

const evaluation = z.strictObject({
  every: count(0).default(50).describe("Steps between evaluations; 0 evaluates only at the end."),
  windows: count().default(64).describe("Held-out windows in each evaluation, always the same ones."),
});

const checkpoint = z.strictObject({
  every: count(0).default(100).describe("Steps between checkpoints; 0 saves only at the end and when interrupted."),
  keep_last: count().default(2).describe("Newest checkpoints that are kept."),
  keep_every: count(0)
    .default(0)
    .describe("Also keep every checkpoint whose step is a multiple of this; 0 keeps none more."),
});

const engine = z.strictObject({
  name: z
    .enum(["auto", "tensorflow", "onnx", "wasm", "cpu"])
    .default("auto")
    .describe("What runs the train step; auto chooses the fastest that is there (see `experiment doctor`)."),
  threads: count(0).default(0).describe("CPU threads; 0 leaves the choice to the engine."),
  provider: z
    .enum(["cpu", "cuda", "webgpu", "coreml", "dml"])
    .default("cpu")
    .describe("Where the onnx engine computes; other engines ignore it."),
});

/** A name, a list of names, or a map from name to options; always normalised to the map. */
function pluginChoice(description: string) {
  const options = z.record(z.string(), z.unknown());
  const map = z.record(z.string(), z.union([options, z.null(), z.boolean()]));
  return z
    .union([z.string(), z.array(z.union([z.string(), map])), map])
    .transform(normalised)
    .describe(description);
}

type Choice = string | null | boolean | Record<string, unknown>;

function normalised(value: string | (string | Record<string, Choice>)[] | Record<string, Choice>): PluginOptions {
  const entries = (Array.isArray(value) ? value : [value]).flatMap((one): [string, Choice][] =>
    typeof one === "string" ? [[one, {}]] : Object.entries(one),
  );
  const chosen = entries.filter(([, options]) => options !== false);
  return Object.fromEntries(
    chosen.map(([name, options]) => [name, typeof options === "object" && options ? options : {}]),
  );
}

/** Plugin name (or path) to its options, in config order. */
export type PluginOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export const configSchema = z.strictObject({
  name: z.string().min(1).max(128).optional().describe("Name of the run; default: made from date and id."),
  runs: z.string().min(1).default("runs").describe("Folder of the run directories, relative to the config file."),
  seed: count(0).default(1).describe("Seed of weights, sampling and everything else that is random."),
  engine: z
    .preprocess((v) => (typeof v === "string" ? { name: v } : v), engine)
    .prefault({})
    .describe("What computes."),
  model: model.prefault({}).describe("The transformer."),
  data: data.prefault({}).describe("What it reads."),
  train: train.prefault({}).describe("How it is trained."),
  eval: evaluation.prefault({}).describe("Held-out evaluation."),
  checkpoint: checkpoint.prefault({}).describe("When state is saved."),
  analyzers: pluginChoice(
    "Analyzer plugins: a list of names, or a map from name to options (`every: N` for all).",
  ).default({
    "token-sparsity": {},
    "batch-union-sparsity": {},
  }),
  sinks: pluginChoice("Where rows go: a list of sink names, or a map from name to options.").default({ json: {} }),
});

/** The resolved config: every key present, plugins as maps. */
export type Config = z.output<typeof configSchema>;
/** The config as a user may write it. */
export type ConfigInput = z.input<typeof configSchema>;
export type ModelConfig = Config["model"];
export type TrainConfig = Config["train"];
