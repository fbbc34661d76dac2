/** Every key of `.experimentrc`: default, unit and description. The JSON Schema for editors and all help come from here. */
import { z } from "zod";
import { engineNames, precisionNames, providerNames, skipSilentNames } from "../engine/names.ts";
import { engineMap, normalisedChoice, type PluginChoice } from "./shorthand.ts";

export type { PluginOptions } from "./shorthand.ts";

const count = (least = 1) => z.int().min(least);
const share = z.number().min(0).max(1);
const decay = z.number().min(0).lt(1);

/** One plugin: its name, or a map of one name to its options. */
function one(what: string, name: string, known: string) {
  return choice(z.record(z.string(), z.looseObject({})))
    .refine((chosen) => Object.keys(chosen).length === 1, `one ${what}: a name, or one name with its options`)
    .prefault(name)
    .describe(
      `${what[0]?.toUpperCase()}${what.slice(1)} plugin: a name (${known}, or your own) or \`name: { options }\`.`,
    );
}

const model = z
  .strictObject({
    architecture: one("model", "relu-transformer", "relu-transformer"),
    n_layers: count().default(6).describe("Transformer blocks."),
    d_model: count().default(64).describe("Width of the residual stream, units."),
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
      .describe(
        "Factor on the initial weights: N(0, 0.02 x init_scale), residual outputs divided by sqrt(2 n_layers).",
      ),
  })
  .check((context) => {
    const { d_model, n_heads } = context.value;
    if (d_model % n_heads === 0) return;
    const other = ["model", "d_model"];
    context.issues.push(crossed("n_heads", `a divisor of d_model = ${d_model}`, n_heads, other));
  });

const data = z.strictObject({
  corpus: one("corpus", "sotu", "sotu, text, tokens"),
  tokenizer: z
    .enum(["bytes", "gpt2"])
    .default("bytes")
    .describe("bytes: 256 ids. gpt2: byte-pair encoding, ids compacted to those that occur in the corpus."),
  eval_corpus: choice(z.record(z.string(), z.looseObject({})))
    .refine((corpora) => Object.keys(corpora).length === 1, "one corpus: a name, or one name with its options")
    .optional()
    .describe(
      "Corpus that is held out for evaluation; when left out, eval_fraction of `corpus` is, and that is not trained on.",
    ),
  order: count(0).default(0).describe("Which of the seed's data orders; forks of a run differ in it."),
  eval_fraction: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe("Share of the tokens that is held out for evaluation; has no say with eval_corpus."),
  split_seed: count(0)
    .default(1)
    .describe(
      "Which text is held out: seed of the split, apart from `seed`, so that seeds are evaluated on the same text.",
    ),
  pack: z
    .boolean()
    .default(true)
    .describe("Join documents shorter than n_ctx + 1 tokens, each side's on its own; false leaves them out."),
  separator: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Text after each document that is joined; when left out, `<|endoftext|>` for gpt2, a zero byte for bytes.",
    ),
});

const train = z
  .strictObject({
    steps: count().default(500).describe("Optimizer steps in the whole run."),
    until: count(0)
      .default(0)
      .describe("Stop after this step, the schedule being that of `steps`; 0 goes on to the last step."),
    hold: z
      .array(z.string().min(1))
      .default([])
      .describe("Parameters that are not trained: names (blocks.2.mlp.W_in), or groups of them (blocks.2.mlp, embed)."),
    batch_size: count().default(16).describe("Sequences in one micro-batch."),
    accumulate: count().default(1).describe("Micro-batches whose gradients make one step."),
    optimizer: one("optimizer", "adamw", "adamw, sgd, muon"),
    schedule: one("schedule", "linear-cosine", "linear-cosine, constant, wsd, inverse-sqrt"),
    lr: z.number().positive().default(3e-3).describe("Peak learning rate."),
    min_lr: share.default(0.1).describe("Where the schedule ends, as a share of lr."),
    warmup_steps: count(0).default(50).describe("Steps of linear warm-up; when left out, a tenth of `steps`."),
    weight_decay: z.number().min(0).default(0.1).describe("Decoupled weight decay, on matrices only."),
    beta1: decay.default(0.9).describe("AdamW: decay of the mean of gradients."),
    beta2: decay.default(0.95).describe("AdamW: decay of the mean of squared gradients."),
    eps: z.number().positive().default(1e-8).describe("AdamW: added to the root of the second moment."),
    grad_clip: z.number().min(0).default(1).describe("Largest global norm of the gradient; 0 clips nothing."),
    skip_above: z
      .number()
      .min(0)
      .default(0)
      .describe("Gradient norm (before clipping) above which a step updates nothing; 0 skips none."),
  })
  .check((context) => {
    const { steps, warmup_steps } = context.value;
    if (warmup_steps <= steps) return;
    const other = ["train", "steps"];
    context.issues.push(crossed("warmup_steps", `at most steps = ${steps}`, warmup_steps, other));
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
    .describe("Also keep every checkpoint whose step is a multiple of this many steps; 0 keeps none more."),
  at: z.array(count()).default([]).describe("Also save at these steps, and keep what is saved there."),
});

const engine = z.strictObject({
  name: z
    .enum(["auto", ...engineNames])
    .default("auto")
    .describe("What runs the train step; auto chooses the fastest that is there (see `experiment doctor`)."),
  threads: count(0).default(0).describe("CPU threads; 0 leaves the choice to the engine."),
  provider: z.enum(providerNames).default("cpu").describe("onnx: where it computes."),
  skip_silent: z
    .enum(skipSilentNames)
    .default("auto")
    .describe(
      "onnx: leave MLP units that fire for no token of a batch out of its matrix products, which is exact; auto: where it saves time.",
    ),
  plugin: z
    .string()
    .min(1)
    .optional()
    .describe("xla: path of the PJRT plugin; when left out, PJRT_PLUGIN, else what Python environments on PATH hold."),
  precision: z
    .enum(precisionNames)
    .default("float32")
    .describe("xla: what matrix products are computed in; sums and state stay float32."),
  devices: z
    .union([count(), z.literal("all")])
    .default(1)
    .describe("xla: how many devices share each batch, or all; the batch must divide by it."),
  deterministic: z
    .boolean()
    .default(false)
    .describe(
      "xla: take kernels by rule, not by timing them: equal bits on every machine of a kind, a little slower. Without, equal bits on one machine.",
    ),
  memory: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("xla: the share of the device's memory that may be taken; when left out, what the plugin takes itself."),
});

const observe = z.strictObject({
  paths: z
    .array(
      z.union([
        z.string().min(1),
        z.strictObject({
          path: z.string().min(1),
          step: count(0).describe("Training step of the checkpoint."),
          tokens: count(0).optional().describe("Training tokens seen by then."),
        }),
      ]),
    )
    .default([])
    .describe(
      "Checkpoints: folders of Hugging Face models, folders of such folders, or our own; paths, or maps with a step.",
    ),
  step_pattern: z
    .string()
    .min(1)
    .default("(?:step|checkpoint|ckpt|iter)[-_]?(\\d+)|^(\\d+)$")
    .describe("Regular expression whose first group that matches is the step, in the name of a checkpoint's folder."),
  tokens_per_step: count(0)
    .default(0)
    .describe("Tokens of one training step, for the axis of tokens; 0 where it is not known."),
  every_tokens: count(0)
    .default(0)
    .describe(
      "Training tokens from one look to the next, at least: checkpoints between are left out, the first and the last are not. 0: all.",
    ),
  sequences: count().default(16).describe("Sequences that analyzers look at; the same ones at every look."),
  text: z
    .enum(["same", "next"])
    .default("same")
    .describe("same: one text for all looks. next: what training read after the checkpoint (our own checkpoints)."),
  threshold: z
    .union([z.strictObject({ value: z.number().min(0) }), z.strictObject({ quantile: z.number().gt(0).lt(1) })])
    .default({ value: 0 })
    .describe(
      "What an activation must exceed to count as firing: a value, or that quantile of each layer's at the first look.",
    ),
  tokenizer: z
    .string()
    .default("")
    .describe("Folder of the tokenizer; empty: that of the checkpoint, or of the folder around it."),
});

type EngineName = NonNullable<z.input<typeof engine>["name"]>;

/** Options that every analyzer takes beside its own; the trainer takes them off before the plugin sees the rest. */
const analyzerOptions = z.looseObject({
  every: count()
    .optional()
    .describe(
      "Looks at every N-th step, and always at the first and the last; nothing is captured on the others; when left out, as often as the analyzer says itself.",
    ),
});

export const configSchema = z.strictObject({
  name: z.string().min(1).max(128).optional().describe("Name of the run; when left out, made from date and id."),
  runs: z.string().min(1).default("runs").describe("Folder of the run directories, relative to the config file."),
  seed: count(0).default(1).describe("Seed of weights, sampling and everything else that is random."),
  engine: rewritten((value: EngineName | z.input<typeof engine>) => engineMap(value), engine)
    .prefault({})
    .describe("What computes: a name, or a map."),
  model: model.prefault({}).describe("The transformer."),
  data: data.prefault({}).describe("What it reads."),
  train: rewritten(withWarmup, train).prefault({}).describe("How it is trained."),
  eval: evaluation.prefault({}).describe("Held-out evaluation."),
  checkpoint: checkpoint.prefault({}).describe("When state is saved."),
  observe: observe.prefault({}).describe("What `experiment observe` looks at: checkpoints that came from elsewhere."),
  analyzers: choice(z.record(z.string(), analyzerOptions))
    .prefault(["token-sparsity", "batch-union-sparsity"])
    .describe("What is watched: a list of analyzer names, or a map from name to options (`every: N` steps for all)."),
  sinks: choice(z.record(z.string(), z.looseObject({})))
    .prefault(["json"])
    .describe("Where rows go: a list of sink names, or a map from name to options."),
});

/** The resolved config: every key present, plugins as maps. */
export type Config = z.output<typeof configSchema>;
/** The config as a user may write it. */
export type ConfigInput = z.input<typeof configSchema>;
export type ModelConfig = Config["model"];
export type TrainConfig = Config["train"];

function withWarmup(value: z.input<typeof train>): z.input<typeof train> {
  if (typeof value !== "object" || value === null || value.warmup_steps !== undefined) return value;
  if (typeof value.steps !== "number" || !(value.steps >= 1)) return value;
  return { ...value, warmup_steps: Math.floor(value.steps / 10) };
}

/** A schema whose input may also be written in another way. */
function rewritten<Input, In, Out>(rewrite: (input: Input) => unknown, schema: z.ZodType<Out, In>) {
  const rewriting = z.custom<Input>().transform(rewrite) as z.ZodType<unknown, Input> as z.ZodType<In, Input>;
  return rewriting.pipe(schema);
}

function choice<In, Out>(schema: z.ZodType<Out, In>) {
  return rewritten((value: PluginChoice) => normalisedChoice(value), schema);
}

/** An issue between two keys; `other` is the key path of the second, so that its source can be named. */
function crossed(key: string, message: string, input: unknown, other: string[]) {
  return { code: "custom" as const, path: [key], message, input, params: { other, got: input } };
}
