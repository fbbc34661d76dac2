/** Which engines are there, and which one `auto` means. Loads a tensor library only when asked. */
import { ExperimentError, reasonOf } from "../errors/errors.ts";
import type { Engine, EngineName, EngineOptions } from "./engine.ts";
import { type ProviderName, providerNames } from "./names.ts";

type Options = Omit<EngineOptions, "name">;

/** How each engine is made. Imports are lazy: no library is loaded that is not used. */
const makers: Readonly<Record<EngineName, (options: Options) => Promise<Engine>>> = {
  xla: async (options) => (await import("./xla/engine.ts")).createXlaEngine(options),
  tensorflow: async (options) => (await import("./eager.ts")).createEagerEngine("tensorflow", options),
  onnx: async (options) => (await import("./onnx/engine.ts")).createOnnxEngine(options),
  wasm: async (options) => (await import("./eager.ts")).createEagerEngine("wasm", options),
  cpu: async (options) => (await import("./eager.ts")).createEagerEngine("cpu", options),
};

/** What `auto` tries, fastest first; the first that is there and wanted is taken. */
const preference: readonly {
  readonly name: EngineName;
  /** What speaks for it, in a few words. */
  readonly because: string;
  wanted?(engine: Engine): boolean;
  /** Whether `auto` need load it at all. */
  worthLoading?(): Promise<boolean>;
}[] = [
  {
    name: "xla",
    because: "a GPU is there: compiled, the fastest of all",
    wanted: (engine) => !engine.device.startsWith("CPU"),
  },
  {
    name: "tensorflow",
    because: "a GPU is there",
    wanted: (engine) => engine.device.startsWith("GPU"),
    worthLoading: async () => (await import("./backend.ts")).mayHaveTensorflowGpu(),
  },
  { name: "onnx", because: "compiled, the fastest without a GPU" },
  { name: "wasm", because: "needs nothing but Node" },
  { name: "cpu", because: "plain JavaScript: slow, the reference for tests" },
];

/** Makes the engine that the options ask for; throws `engine.unavailable` when it cannot be had. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (options.name !== "auto") return makers[options.name](options);
  let failure: unknown;
  for (const { name, wanted, worthLoading } of preference) {
    if (worthLoading !== undefined && !(await worthLoading())) continue;
    try {
      const engine = await makers[name](options);
      if (wanted?.(engine) ?? true) return engine;
      await engine.dispose();
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
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
  /** Why it is not available, or what speaks for or against it. */
  readonly why: string;
  /** Whether `auto` means this one here. */
  readonly chosen: boolean;
}

/** Tries every engine, in the order in which `auto` would. */
export async function findEngines(): Promise<readonly FoundEngine[]> {
  const found: FoundEngine[] = [];
  for (const { name, wanted, because } of preference) {
    try {
      const engine = await makers[name]({ threads: 0 });
      const good = wanted?.(engine) ?? true;
      const chosen = good && !found.some((earlier) => earlier.chosen);
      found.push({ name, available: true, device: engine.device, why: good ? because : "it sees no GPU", chosen });
      await engine.dispose();
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      found.push({ name, available: false, device: "", why: reasonOf(thrown), chosen: false });
    }
  }
  return found;
}

/** A provider of the onnx engine as `experiment doctor` shows it. */
export interface FoundProvider {
  readonly name: ProviderName;
  readonly usable: boolean;
  /** What it lacks, or what speaks for or against it. */
  readonly why: string;
}

/** What is to be expected of a provider that starts. */
const expectations: Readonly<Record<ProviderName, string>> = {
  cpu: "what `engine: auto` takes",
  cuda: "starts here",
  webgpu: "starts here; over a software driver (SwiftShader, llvmpipe) far slower than cpu",
  coreml: "starts here",
  dml: "starts here",
};

/** Tries the providers of the onnx engine, which is there: so is `cpu`. */
export async function findProviders(): Promise<readonly FoundProvider[]> {
  const found: FoundProvider[] = [];
  for (const name of providerNames) {
    try {
      if (name !== "cpu") await (await makers.onnx({ threads: 1, provider: name })).dispose();
      found.push({ name, usable: true, why: expectations[name] });
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      found.push({ name, usable: false, why: reasonOf(thrown).replace(/^engine `onnx` is not available: /, "") });
    }
  }
  return found;
}
