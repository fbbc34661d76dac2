/** The compiled engine: a step is traced once, lowered to ONNX and run by ONNX Runtime. */
import { engineUnavailable } from "../../errors/errors.ts";
import { type Engine, type EngineOptions, isIterable, type TensorSpec } from "../engine.ts";
import { optimise } from "../graph/optimise.ts";
import { trace } from "../graph/trace.ts";
import { specOf } from "../spec.ts";
import { Host } from "./host.ts";
import { createProgram, type OnnxProgram } from "./program.ts";
import { paysOff } from "./silent-units.ts";
import { handleOf, type OnnxState, ownCopies, stateOf } from "./state.ts";
import { physicalCores } from "./threads.ts";

/** An engine whose programs can be had as ONNX models. */
export interface OnnxEngine extends Engine {
  compile(...args: Parameters<Engine["compile"]>): Promise<OnnxProgram>;
}

/** Makes the engine. Throws `engine.unavailable` where ONNX Runtime or the provider is missing. */
export async function createOnnxEngine(
  options: Pick<EngineOptions, "threads" | "provider" | "skip_silent">,
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
  const what = provider === "cpu" ? `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}` : provider;

  return {
    name: "onnx",
    device: `${what} (ONNX Runtime ${version})`,
    async compile(step, signature, name) {
      const { graph, builder } = trace(step, signature, name);
      return createProgram(host, optimise(graph, builder, paysOff(skip_silent, provider)), signature, name, {
        provider,
        threads,
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
