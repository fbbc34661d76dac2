/** The GPU engine: a step is traced once, lowered to StableHLO, and compiled and run by XLA through a PJRT plugin. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { engineUnavailable, reasonOf } from "../../errors/errors.ts";
import { type Engine, type EngineOptions, isIterable, type TensorSpec } from "../engine.ts";
import { optimise } from "../graph/optimise.ts";
import { trace } from "../graph/trace.ts";
import { specOf } from "../spec.ts";
import type { XlaFlags } from "./compile-options.ts";
import { type FoundPlugin, findPlugins } from "./discover.ts";
import { cacheFolder } from "./executable.ts";
import { nvidiaFlags, preloadNvidia } from "./nvidia.ts";
import { Client, type ClientOptions, type Device, type MemoryUse } from "./pjrt/client.ts";
import { loadKoffi } from "./pjrt/koffi.ts";
import type { Address } from "./pjrt/memory.ts";
import { openPlugin } from "./pjrt/plugin.ts";
import { createProgram, type XlaProgram } from "./program.ts";
import { Session } from "./session.ts";
import { buffersOf, stateOf, type XlaState } from "./state.ts";

/** What the engine takes from the config. */
export type XlaOptions = Pick<EngineOptions, "plugin" | "precision" | "devices" | "memory" | "deterministic">;

export interface XlaEngine extends Engine {
  readonly plugin: FoundPlugin & { readonly version: string };
  compile(...args: Parameters<Engine["compile"]>): Promise<XlaProgram>;
  /** Memory of the first device that is used. */
  memory(): MemoryUse;
  /** Handles on device memory and programs that are alive now: of a run that does not leak, the same after every step. */
  handles(): number;
}

const install =
  'Install one: `pip install "jax[cuda13]"` in a Python environment on PATH (or `jax-cuda12-pjrt`, `jax-rocm7-pjrt` for others), or name its library: `engine: { name: xla, plugin: PATH }`.';

/** Makes the engine. Throws `engine.unavailable` where there is no plugin, or it sees no device. */
export async function createXlaEngine(options: XlaOptions): Promise<XlaEngine> {
  const { precision = "float32", devices: wanted = 1, memory } = options;
  const found = findPlugins(options.plugin);
  const [plugin] = found;
  if (plugin === undefined) throw engineUnavailable("xla", "no PJRT plugin was found", install);
  if (!existsSync(plugin.path)) throw engineUnavailable("xla", `${plugin.by}: ${plugin.path} is not there`, install);
  const koffi = await loadKoffi();
  preloadNvidia(koffi, plugin.packages);
  const opened = openPlugin(koffi, plugin.path);
  const client = await started(opened, memory, plugin.path);
  const devices = chosenDevices(client, wanted);
  const session = new Session(client, devices);
  const device = described(client, devices, precision);
  const flags: XlaFlags = {
    ...(client.platform === "cuda" && nvidiaFlags(plugin.packages)),
    ...(device.startsWith("GPU") && (await gpuFlags(options.deterministic === true))),
  };

  return {
    name: "xla",
    device,
    stepsAhead: 24, // of XLA's 32 on a GPU, beyond which handing over a program waits
    plugin: { ...plugin, version: opened.version },
    async compile(step, signature, name) {
      const { graph, builder } = trace(step, signature, name);
      return createProgram(session, optimise(graph, builder), signature, name, { precision, flags });
    },
    async upload(arrays) {
      const buffers = new Map<string, readonly Address[]>();
      const specs: Record<string, TensorSpec> = {};
      for (const [name, array] of isIterable(arrays) ? arrays : Object.entries(arrays)) {
        buffers.set(name, session.upload(array, false));
        specs[name] = specOf(array);
      }
      return stateOf(specs, buffers);
    },
    download: (state) => downloaded(session, state as XlaState),
    release(state) {
      const owned = state as XlaState;
      void session.inTurn(async () => {
        for (const buffers of owned.buffers?.values() ?? []) session.drop(buffers);
        owned.buffers = undefined;
      });
    },
    memory: () => client.memoryOf(devices[0]!),
    handles: () => client.liveHandles,
    dispose: () => session.inTurn(async () => client.close()),
  };
}

/**
 * XLA tries several kernels for each product and takes the fastest, which noise may decide. What it found is kept, so that all
 * programs on this machine, whenever they are compiled, choose alike and a step has the same bits in all of them.
 */
async function gpuFlags(deterministic: boolean): Promise<XlaFlags> {
  if (deterministic) return { xla_gpu_deterministic_ops: true };
  const folder = join(cacheFolder(), "kernels");
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
  return { xla_gpu_per_fusion_autotune_cache_dir: folder };
}

/** The first device's copy of every entry: all are equal. */
function downloaded(session: Session, state: XlaState): ReturnType<Engine["download"]> {
  return session.inTurn(async () => {
    const arrays: Record<string, { shape: readonly number[]; data: Float32Array | Int32Array | Uint8Array }> = {};
    for (const [name, [buffer]] of buffersOf(state)) {
      const { shape, dtype } = state.specs[name]!;
      const size = shape.reduce((product, length) => product * length, 1);
      const room = new ArrayBuffer(dtype === "bool" ? size : 4 * size);
      const data =
        dtype === "float32" ? new Float32Array(room) : dtype === "int32" ? new Int32Array(room) : new Uint8Array(room);
      await session.client.copied(session.client.copy(buffer!, data));
      arrays[name] = { shape, data };
    }
    return arrays;
  });
}

async function started(
  plugin: ReturnType<typeof openPlugin>,
  memory: number | undefined,
  path: string,
): Promise<Client> {
  // Memory is taken as it is needed: others may use the device too. Platforms without such options get none.
  const options: ClientOptions = { preallocate: false, ...(memory !== undefined && { memory_fraction: memory }) };
  try {
    return await Client.create(plugin, options).catch((thrown: unknown) => {
      if (memory !== undefined || !/option/i.test(reasonOf(thrown))) throw thrown;
      return Client.create(plugin, {});
    });
  } catch (thrown) {
    throw engineUnavailable("xla", `${path} sees no device: ${reasonOf(thrown)}`, "Check the device's driver.");
  }
}

function chosenDevices({ devices }: Client, wanted: number | "all"): readonly Device[] {
  if (devices.length === 0) throw engineUnavailable("xla", "the plugin sees no device", "Check the device's driver.");
  if (wanted === "all") return devices;
  if (wanted <= devices.length) return devices.slice(0, wanted);
  throw engineUnavailable(
    "xla",
    `engine.devices asks for ${wanted} and there are ${devices.length}`,
    "Ask for fewer, or `all`.",
  );
}

/** "GPU, 2 x NVIDIA H200, products in tf32 (XLA by PJRT 0.115, cuda)". */
function described(client: Client, devices: readonly Device[], precision: string): string {
  const { platform, plugin } = client;
  const what = platform === "cpu" || platform === "tpu" ? platform.toUpperCase() : "GPU";
  const kind = devices[0]!.kind;
  const which = devices.length === 1 ? kind : `${devices.length} x ${kind}`;
  return `${what}, ${which}, products in ${precision} (XLA by PJRT ${plugin.version}, ${platform})`;
}
