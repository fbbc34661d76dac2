/** The plan of a config that names the default model, optimizer and schedule. */
import { type Config, type ConfigInput, configSchema } from "../core/config/schema.ts";
import { planOf } from "../core/run/plan.ts";
import type { StepPlan } from "../core/step/step.ts";
import { reluTransformer } from "../plugins/models/relu-transformer.ts";
import { adamw } from "../plugins/optimizers/adamw.ts";
import { linearCosine } from "../plugins/schedules/linear-cosine.ts";

/** Of a whole config. */
export function defaultPlan(config: Pick<Config, "model" | "train">, d_vocab: number): StepPlan {
  const chosen = <P extends { readonly name: string }>(plugin: P) =>
    [{ name: plugin.name, plugin, options: {}, origin: { from: "reluscope", version: "test" } }] as const;
  const plugins = { model: chosen(reluTransformer), optimizer: chosen(adamw), schedule: chosen(linearCosine) };
  return planOf(config, plugins, d_vocab);
}

/** Of what differs from the defaults. */
export function planWith({ model, train }: Pick<ConfigInput, "model" | "train">, d_vocab: number): StepPlan {
  return defaultPlan(configSchema.parse({ model, train }), d_vocab);
}
