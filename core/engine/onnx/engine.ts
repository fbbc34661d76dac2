/** The compiled engine: a step is traced once, lowered to ONNX and run by ONNX Runtime. */
import { engineUnavailable, reasonOf } from "../../errors/errors.ts";
import { type Engine, type EngineOptions, isIterable, type ProviderName, type TensorSpec } from "../engine.ts";
import { optimise } from "../graph/optimise.ts";
import { trace } from "../graph/trace.ts";
import { specOf } from "../spec.ts";
import { Host } from "./host.ts";
import { createProgram, type OnnxProgram } from "./program.ts";
import { paysOff } from "./silent-units.ts";
import { handleOf, type OnnxState, ownCopies, stateOf } from "./state.ts";
import { physicalCores } from "./threads.ts";
import { OnnxWriter } from "./writer.ts";

/** An engine whose programs can be had as ONNX models. */
export interface OnnxEngine extends Engine {
  compile(...args: Parameters<Engine["compile"]>): Promise<OnnxProgram>;
}

/**
 * Makes the engine. `profile`: where ONNX Runtime writes how long each node of a program took, once the program is disposed; it adds the
 * time of day and `.json`. Throws `engine.unavailable` where ONNX Runtime or the provider is missing.
 */
export async function createOnnxEngine(
  options: Pick<EngineOptions, "threads" | "provider" | "skip_silent"> & { readonly profile?: string },
): Promise<OnnxEngine> {
  const { provider = "cpu", skip_silent = "auto" } = options;
  const threads = options.threads || physicalCores();
  const host = await Host.open();
  const { version, providers } = await host.call("about");
  if (!providers.includes(provider)) {
    await host.close();
    const why = `provider \`${provider}\` is not part of this build of ONNX Runtime`;
    throw engineUnavailable("onnx", why, `Available: ${providers.join(", ")}.`);
  }
  if (provider !== "cpu") await tryProvider(host, provider, threads);
  const what = provider === "cpu" ? `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}` : provider;

  return {
    name: "onnx",
    device: `${what} (ONNX Runtime ${version})`,
    stepsAhead: 2, // the next one is at hand when a step is done
    async compile(step, signature, name) {
      const { graph, builder } = trace(step, signature, name);
      const cpu = provider === "cpu";
      const target = { paysOff: paysOff(skip_silent, provider), counts: cpu, signs: cpu };
      return createProgram(host, optimise(graph, builder, target), signature, name, {
        provider,
        threads,
        profile: options.profile,
      });
    },
    async upload(tensors) {
      if (!isIterable(tensors)) return stateOf(tensors, await host.call("upload", ownCopies(tensors)));
      const handle = await host.call("upload", {});
      const specs: Record<string, TensorSpec> = {};
      for (const [entry, array] of tensors) {
        specs[entry] = specOf(array);
        await host.give(handle, ownCopies({ [entry]: array }));
      }
      const state: OnnxState = { engine: "onnx", specs, handle };
      return state;
    },
    download: async (state) => host.call("download", handleOf(state)),
    release(state) {
      host.call("release", handleOf(state)).catch(() => {}); // the thread may have ended already, and the state with it
      (state as OnnxState).handle = undefined;
    },
    dispose: () => host.close(),
  };
}

/** What each provider needs beside ONNX Runtime's own libraries. */
const needs: Readonly<Record<Exclude<ProviderName, "cpu">, string>> = {
  cuda: "It needs an NVIDIA GPU with CUDA 12 and cuDNN 9, and libraries that `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node` fetches.",
  webgpu: "It needs a Vulkan driver (Debian and Ubuntu: `libvulkan1` and `mesa-vulkan-drivers`, or your GPU's own).",
  coreml: "It needs macOS.",
  dml: "It needs Windows 10 or later with a DirectX 12 GPU.",
};

/** Builds a session that does nothing, so that what a provider lacks is said as such, and not of the first step. */
async function tryProvider(host: Host, provider: Exclude<ProviderName, "cpu">, threads: number): Promise<void> {
  const writer = new OnnxWriter();
  writer.declare("input", "x", "float32", [1]);
  writer.emit("Identity", ["x"], {}, "y");
  writer.declare("output", "y", "float32", [1]);
  const plan = {
    model: writer.model(),
    provider,
    threads,
    stateInputs: [],
    batchInputs: [],
    stateOutputs: [],
    outputs: [],
  };
  try {
    await host.call("discard", await host.call("build", plan));
  } catch (thrown) {
    await host.close();
    const said = reasonOf(thrown);
    const why = /RequestAdapter/.test(said) ? "no GPU adapter was found" : said;
    throw engineUnavailable("onnx", `provider \`${provider}\` does not start here: ${why}`, needs[provider]);
  }
}
