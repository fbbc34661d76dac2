/** The public face of reluscope. */

/** For options of plugins: the very zod that checks them, so that a plugin needs none of its own. */
export { z } from "zod";

export type { Arrays, NDArray, TypedArray } from "./arrays/ndarray.ts";
export { createRandom, type Random } from "./arrays/random.ts";
export { type ConfigRequest, type LoadedConfig, loadConfig } from "./config/load.ts";
export type { Config, ConfigInput } from "./config/schema.ts";
export * from "./contract/analyzer.ts";
export type * from "./contract/chart.ts";
export * from "./contract/corpus.ts";
export * from "./contract/executor.ts";
export * from "./contract/model.ts";
export * from "./contract/optimizer.ts";
export * from "./contract/plugin.ts";
export type * from "./contract/run.ts";
export * from "./contract/schedule.ts";
export * from "./contract/sink.ts";
export * from "./contract/sites.ts";
export { type Compiled, type CompiledRun, compile } from "./engine/compile.ts";
export { dumpProgram } from "./engine/dump.ts";
export type {
  EngineOptions,
  Program,
  Signature,
  Step,
  TensorSpec,
  TensorSpecs,
  Tensors,
} from "./engine/engine.ts";
export { type ErrorCode, ExperimentError } from "./errors/errors.ts";
export type { PluginTable } from "./host/registry.ts";
export { embedding, normalised, normEpsilon } from "./model/operations.ts";
export { type SavedRun, savedRun as readRun, savedRuns as listRuns } from "./record/saved-run.ts";
export type { Observer, StepReport } from "./run/observer.ts";
export type { GivenRequest, RunRequest } from "./run/request.ts";
export { type TrainResult, train } from "./run/train.ts";
