/** The compiled engine: a step is traced once, lowered to ONNX and run by ONNX Runtime. */
import type { TypedArray } from "../../ndarray.ts";
import type { Engine, EngineOptions } from "../engine.ts";
import { optimise } from "../graph/optimise.ts";
import { trace } from "../graph/trace.ts";
import { createProgram, type OnnxProgram } from "./program.ts";
import { checkProvider, loadOrt } from "./providers.ts";
import { createState, heldState } from "./state.ts";
import { physicalCores } from "./threads.ts";

/** An engine whose programs can be had as ONNX models. */
export interface OnnxEngine extends Engine {
  compile(...args: Parameters<Engine["compile"]>): Promise<OnnxProgram>;
}

/** Makes the engine. Throws `engine.unavailable` where ONNX Runtime or the provider is missing. */
export async function createOnnxEngine(options: Pick<EngineOptions, "threads" | "provider">): Promise<OnnxEngine> {
  const ort = await loadOrt();
  const { provider = "cpu" } = options;
  checkProvider(ort, provider);
  const threads = options.threads || physicalCores();
  const what = provider === "cpu" ? `CPU, ${threads} ${threads === 1 ? "thread" : "threads"}` : provider;

  return {
    name: "onnx",
    device: `${what} (ONNX Runtime ${ort.env.versions.node ?? ort.env.versions.common})`,
    async compile(step, signature, name) {
      const { graph, builder } = trace(step, signature, name);
      return createProgram(ort, optimise(graph, builder), signature, name, { provider, threads });
    },
    async upload(tensors) {
      return createState(ort, tensors);
    },
    async download(state) {
      const entries = [...heldState(state).current].map(([name, tensor]) => {
        return [name, { shape: tensor.dims, data: (tensor.data as TypedArray).slice() }] as const;
      });
      return Object.fromEntries(entries);
    },
    release(state) {
      const held = heldState(state);
      held.released = true;
      held.current.clear();
      held.spare.clear();
    },
    async dispose() {},
  };
}
