/** The built-in plugins: name to a lazy import. */
import type { PluginTable } from "../core/host/registry.ts";

export { createMemorySink, type Memory } from "./sinks/memory.ts";

export const builtIns: PluginTable = {
  analyzer: {
    "token-sparsity": async () => (await import("./analyzers/token-sparsity/index.ts")).tokenSparsity,
    "batch-union-sparsity": async () => (await import("./analyzers/batch-union-sparsity/index.ts")).batchUnionSparsity,
    "neuron-death": async () => (await import("./analyzers/neuron-death/index.ts")).neuronDeath,
    "layer-contrast": async () => (await import("./analyzers/layer-contrast/index.ts")).layerContrast,
  },
  sink: {
    json: async () => (await import("./sinks/json.ts")).json,
    console: async () => (await import("./sinks/console.ts")).consoleSink,
    wandb: async () => (await import("./sinks/wandb.ts")).wandb,
    memory: async () => (await import("./sinks/memory.ts")).memory,
  },
  corpus: {
    sotu: async () => (await import("./corpora/sotu.ts")).sotu,
    text: async () => (await import("./corpora/text.ts")).text,
    tokens: async () => (await import("./corpora/tokens.ts")).tokens,
  },
  model: {
    "relu-transformer": async () => (await import("./models/relu-transformer.ts")).reluTransformer,
    opt: async () => (await import("./models/opt.ts")).opt,
    gpt2: async () => (await import("./models/gpt2.ts")).gpt2,
    "gpt-neox": async () => (await import("./models/gpt-neox.ts")).gptNeox,
    llama: async () => (await import("./models/llama.ts")).llama,
  },
  optimizer: {
    adamw: async () => (await import("./optimizers/adamw.ts")).adamw,
    sgd: async () => (await import("./optimizers/sgd.ts")).sgd,
    muon: async () => (await import("./optimizers/muon.ts")).muon,
  },
  schedule: {
    "linear-cosine": async () => (await import("./schedules/linear-cosine.ts")).linearCosine,
    constant: async () => (await import("./schedules/constant.ts")).constant,
    wsd: async () => (await import("./schedules/wsd.ts")).wsd,
    "inverse-sqrt": async () => (await import("./schedules/inverse-sqrt.ts")).inverseSqrt,
  },
  executor: {
    local: async () => (await import("./executors/local/index.ts")).local,
    slurm: async () => (await import("./executors/slurm/index.ts")).slurm,
    kubernetes: async () => (await import("./executors/kubernetes/index.ts")).kubernetes,
  },
};
