/** Which engines are there, and which one `auto` means. Loads a tensor library only when asked. */
import { ExperimentError, reasonOf } from "../errors.ts";
import { type Engine, type EngineName, type EngineOptions, engineNames } from "./engine.ts";

type Options = Pick<EngineOptions, "threads" | "provider">;

/** How each engine is made. Imports are lazy: no library is loaded that is not used. */
const makers: Readonly<Record<EngineName, (options: Options) => Promise<Engine>>> = {
  tensorflow: async (options) => (await import("./eager.ts")).createEagerEngine("tensorflow", options),
  onnx: async (options) => (await import("./onnx/engine.ts")).createOnnxEngine(options),
  wasm: async (options) => (await import("./eager.ts")).createEagerEngine("wasm", options),
  cpu: async (options) => (await import("./eager.ts")).createEagerEngine("cpu", options),
};

/** What `auto` tries, fastest first; the first that is there and wanted is taken. */
const preference: readonly { readonly name: EngineName; wanted?(engine: Engine): boolean }[] = [
  { name: "tensorflow", wanted: (engine) => engine.device.startsWith("GPU") },
  { name: "onnx" },
  { name: "wasm" },
  { name: "cpu" },
];

/** Makes the engine that the options ask for; throws `engine.unavailable` when it cannot be had. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (options.name !== "auto") return makers[options.name](options);
  let failure: unknown;
  for (const { name, wanted } of preference) {
    try {
      const engine = await makers[name](options);
      if (wanted?.(engine) ?? true) return engine;
      await engine.dispose();
    } catch (thrown) {
      failure = thrown;
    }
  }
  throw failure;
}

/** An engine as `experiment doctor` shows it. */
export interface FoundEngine {
  readonly name: EngineName;
  readonly available: boolean;
  /** What it would compute on; empty when it is not available. */
  readonly device: string;
  /** Why it is not available; empty when it is. */
  readonly why: string;
}

/** Tries every engine. */
export async function findEngines(): Promise<readonly FoundEngine[]> {
  const found: FoundEngine[] = [];
  for (const name of engineNames) {
    try {
      const engine = await makers[name]({ threads: 0 });
      found.push({ name, available: true, device: engine.device, why: "" });
      await engine.dispose();
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      found.push({ name, available: false, device: "", why: reasonOf(thrown) });
    }
  }
  return found;
}
