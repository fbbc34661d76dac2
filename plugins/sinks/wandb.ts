/** Logs a run to Weights & Biases. The transaction log on disk is the truth; the network only ever copies it. */
import { defineSink, type Sink } from "../../core/contract/sink.ts";
import { optionsSchema } from "./wandb/login/options.ts";
import { resolveSettings } from "./wandb/login/settings.ts";
import { surroundings } from "./wandb/login/surroundings.ts";
import { createWandbSink } from "./wandb/sink.ts";
import { syncRun } from "./wandb/sync.ts";

export const wandb: Sink = defineSink({
  name: "wandb",
  summary:
    "Logs to Weights & Biases: a complete log on disk first, then streamed; `experiment sync` sends what is missing.",
  options: optionsSchema,
  setup: (options, notices) => createWandbSink(options, resolveSettings(options, surroundings()), notices),
  sync: (run, options, host) => syncRun(run, options, resolveSettings(options, surroundings()), host),
});
