/**
 * THE CONTRACT between reluscope and its plugins is this folder. Read it first: analyzer, sink, corpus, model, optimizer,
 * schedule and executor are the kinds of plugin; sites, run and chart are what they share.
 *
 * A plugin is a plain object made by a `define…` function. Its state lives in the closure of `setup` (`create`, `load`); there
 * is no base class and no `this`. Built-in plugins and yours are resolved the same way.
 */
import type { Analyzer } from "./analyzer.ts";
import type { Corpus } from "./corpus.ts";
import type { Executor } from "./executor.ts";
import type { Model } from "./model.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Schedule } from "./schedule.ts";
import type { Sink } from "./sink.ts";

/** Every kind of plugin. A new kind is a line here, a line below, and its key in config/schema.ts. */
export interface PluginKinds {
  readonly analyzer: Analyzer;
  readonly sink: Sink;
  readonly corpus: Corpus;
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly executor: Executor;
}

export type PluginKind = keyof PluginKinds;
/** Kinds that the config of a run chooses; executors are chosen by the plan of a sweep. */
export type ConfiguredKind = Exclude<PluginKind, "executor">;
export type Plugin = PluginKinds[PluginKind];

/** The key of the config that chooses plugins of each kind, how many it takes, and what they are called together. */
export const pluginKinds = {
  analyzer: { key: "analyzers", takes: "many", plural: "analyzers" },
  sink: { key: "sinks", takes: "many", plural: "sinks" },
  corpus: { key: "data.corpus", takes: "one", plural: "corpora" },
  model: { key: "model.architecture", takes: "one", plural: "models" },
  optimizer: { key: "train.optimizer", takes: "one", plural: "optimizers" },
  schedule: { key: "train.schedule", takes: "one", plural: "schedules" },
  executor: { key: "sweep.executor", takes: "one", plural: "executors" },
} as const satisfies Readonly<
  Record<PluginKind, { readonly key: string; readonly takes: "one" | "many"; readonly plural: string }>
>;

export const configuredKinds = (Object.keys(pluginKinds) as PluginKind[]).filter(
  (kind): kind is ConfiguredKind => kind !== "executor",
);
