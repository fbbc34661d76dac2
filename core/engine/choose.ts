/** Which engines are there, and which one `auto` means. Loads a tensor library only when asked. */
import { ExperimentError, reasonOf } from "../errors/errors.ts";
import type { Engine, EngineName, EngineOptions } from "./engine.ts";
import { hasNvidiaDriver } from "./gpus.ts";
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

/** What `auto` tries, fastest first; the first that is there and beats the CPU is taken. */
const preference: readonly {
  readonly name: EngineName;
  /** What speaks for it, in a few words. */
  readonly because: string;
  /** Whether `auto` need load it at all. */
  worthLoading?(driver: boolean): Promise<boolean>;
}[] = [
  { name: "xla", because: "a GPU is there: compiled, the fastest of all" },
  {
    name: "tensorflow",
    because: "a GPU is there",
    worthLoading: async (driver) => driver && (await import("./tfjs-node.ts")).hasGpuPackage(),
  },
  { name: "onnx", because: "compiled, the fastest without a GPU" },
  { name: "wasm", because: "needs nothing but Node" },
  { name: "cpu", because: "plain JavaScript: slow, the reference for tests" },
];

/**
 * The rule by which `auto` takes nothing that is slower than the CPU: `xla` and `tensorflow` only where what they compute on is
 * a device of its own; on a CPU the compiled `onnx` engine is faster than both. `onnx` itself computes on the CPU unless somebody
 * names a provider: webgpu may be a driver in software, and integrated chips share the CPU's memory.
 */
export function beatsCpu(name: EngineName, device: string): boolean {
  return (name !== "xla" && name !== "tensorflow") || !device.startsWith("CPU");
}

/**
 * Makes the engine that the options ask for; throws `engine.unavailable` when it cannot be had. `driver`: whether there is one
 * for an NVIDIA GPU, which a user of `auto` would want to be used.
 */
export async function createEngine(options: EngineOptions, driver: boolean = hasNvidiaDriver()): Promise<Engine> {
  if (options.name !== "auto") return makers[options.name](options);
  let failure: unknown;
  const passedOver: string[] = [];
  for (const { name, worthLoading } of preference) {
    if (worthLoading !== undefined && !(await worthLoading(driver))) continue;
    try {
      const engine = await makers[name](options);
      if (!beatsCpu(name, engine.device)) {
        passedOver.push(`${name} computes on ${engine.device}`);
        await engine.dispose();
        continue;
      }
      if (!driver || !engine.device.startsWith("CPU")) return engine;
      const why = passedOver.join("; ");
      const note = `an NVIDIA GPU is here and is not used: ${why}. \`experiment doctor\` says what to install.`;
      return { ...engine, notes: [note] };
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      failure = thrown;
      passedOver.push(`${name}: ${whyNot(thrown)}`);
    }
  }
  throw failure;
}

/** Without what to do about it, which doctor says. */
function whyNot(thrown: ExperimentError): string {
  return reasonOf(thrown)
    .replace(/^engine `.*?` is not available: /, "")
    .replace(/\. (Install|Check|Reinstall) .*$/s, "");
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
  for (const { name, because } of preference) {
    try {
      const engine = await makers[name]({ threads: 0 });
      const good = beatsCpu(name, engine.device);
      const chosen = good && !found.some((earlier) => earlier.chosen);
      const device = `${engine.device}${ownMemory(engine)}`;
      found.push({ name, available: true, device, why: good ? because : "it sees no GPU", chosen });
      await engine.dispose();
    } catch (thrown) {
      if (!(thrown instanceof ExperimentError)) throw thrown;
      found.push({ name, available: false, device: "", why: reasonOf(thrown), chosen: false });
    }
  }
  return found;
}

/** `, 139.7 GiB`; nothing where the plugin does not say. */
function ownMemory(engine: Engine): string {
  try {
    const limit = engine.memory?.().limit;
    return limit === undefined ? "" : `, ${(limit / 2 ** 30).toFixed(1)} GiB for it`;
  } catch {
    return "";
  }
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
