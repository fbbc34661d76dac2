/** The public face of reluscope. */
export { type Compiled, type CompiledRun, compile } from "./compile.ts";
export { type ConfigRequest, type LoadedConfig, loadConfig } from "./config/load.ts";
export type { Config, ConfigInput } from "./config/schema.ts";
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
export { type ErrorCode, ExperimentError } from "./errors.ts";
export type { Arrays, NDArray, TypedArray } from "./ndarray.ts";
export type { Observer, StepReport } from "./observer.ts";
export * from "./plugin.ts";
export type { PluginTable } from "./registry.ts";
export type { SessionRequest } from "./session.ts";
export { type TrainResult, train } from "./train.ts";
