/** What a config's plugins come to: the request for its data, and the plan of its steps. */
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { DatasetOptions } from "../data/dataset.ts";
import { type ChosenPlugins, only } from "../host/resolve.ts";
import type { StepPlan } from "../step/step.ts";

/** What `loadDataset` needs to know of a config. */
export function datasetRequest({ config, baseDir }: LoadedConfig, chosen: ChosenPlugins): DatasetOptions {
  const { plugin, options } = only(chosen.corpus);
  const { tokenizer, eval_fraction } = config.data;
  return {
    corpus: plugin,
    options,
    baseDir,
    tokenizer,
    eval_fraction,
    n_ctx: config.model.n_ctx,
    seed: config.seed,
  };
}

/** The model, the optimizer and the schedule that a config chooses, made for a vocabulary. */
export function planOf(
  config: Pick<Config, "model" | "train">,
  chosen: Pick<ChosenPlugins, "model" | "optimizer" | "schedule"> & Partial<Pick<ChosenPlugins, "analyzer">>,
  d_vocab: number,
): StepPlan {
  const [model, optimizer, schedule] = [only(chosen.model), only(chosen.optimizer), only(chosen.schedule)];
  return {
    model: model.plugin.create(model.options as never, { settings: config.model, d_vocab }),
    optimizer: optimizer.plugin.create(optimizer.options as never, config.train),
    rate: schedule.plugin.create(schedule.options as never, config.train),
    train: config.train,
    ...sameAs(config, chosen, d_vocab),
  };
}

/** Keys of `train` that reach a step as numbers put in at each step, or not at all. */
const putIn: ReadonlySet<string> = new Set(["lr", "min_lr", "warmup_steps", "steps", "until", "schedule"]);

/** Only of this package's own plugins is it known what they make a step from. */
function sameAs(
  { model, train }: Pick<Config, "model" | "train">,
  { analyzer = [], ...chosen }: Parameters<typeof planOf>[1],
  d_vocab: number,
): Pick<StepPlan, "sameAs"> {
  const all = [...chosen.model, ...chosen.optimizer, ...analyzer];
  if (all.some(({ origin }) => origin.from !== "reluscope")) return {};
  const settings = Object.entries(train).filter(([key]) => !putIn.has(key));
  return { sameAs: JSON.stringify([model, settings, d_vocab, all.map(({ name, options }) => [name, options])]) };
}

/** The step that ends the run; the schedule is that of `steps` in any case. */
export function lastStep({ steps, until }: Pick<Config["train"], "steps" | "until">): number {
  return until > 0 ? Math.min(until, steps) : steps;
}
