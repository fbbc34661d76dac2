/** Compiles any pure TensorFlow.js function, not only the trainer's: tf.function for TensorFlow.js. */

import type { Arrays } from "../arrays/ndarray.ts";
import { createEngine } from "./choose.ts";
import type { EngineOptions, Program, Signature, Step, TensorSpecs } from "./engine.ts";

/** A function that has been compiled for one signature. */
export interface Compiled {
  /** Which engine computes, on what. */
  readonly engine: string;
  readonly device: string;
  /** Names, shapes and dtypes of what each call returns. */
  readonly outputs: TensorSpecs;
  /** A run over a state of its own, which begins as a copy of these arrays; a function without state needs none. */
  start(state?: Arrays): Promise<CompiledRun>;
  /** The program as text, and where the engine is onnx also as an ONNX model. */
  readonly program: Program;
  dispose(): Promise<void>;
}

/** One state being advanced. */
export interface CompiledRun {
  /** Calls the function once. The state stays with the engine; only the outputs come back. Calls must not overlap. */
  step(inputs: Arrays): Promise<Arrays>;
  /** Copies the state to the host. */
  state(): Promise<Arrays>;
  stop(): void;
}

/**
 * Traces `step` once for `signature` and compiles it (on the engines `tensorflow`, `wasm` and `cpu`: checks it, and runs it
 * operation by operation). `step` must be pure: no reads of values, no randomness without a seed, no clock, no branches on
 * values; what cannot be compiled is an error (`engine.step`) that names it. Default engine `auto`.
 */
export async function compile(
  step: Step,
  signature: Signature,
  options: Partial<EngineOptions> & { readonly title?: string } = {},
): Promise<Compiled> {
  const engine = await createEngine({ name: "auto", threads: 0, ...options });
  const title = options.title ?? (step.name || "compiled function");
  const program = await engine.compile(step, signature, title).catch(async (thrown: unknown) => {
    await engine.dispose();
    throw thrown;
  });
  return {
    engine: engine.name,
    device: engine.device,
    outputs: program.outputs,
    program,
    async start(arrays = {}) {
      const state = await engine.upload(arrays);
      return {
        step: (inputs) => program.run(state, inputs),
        state: () => engine.download(state),
        stop: () => engine.release(state),
      };
    },
    async dispose() {
      program.dispose();
      await engine.dispose();
    },
  };
}
