/** A model in an ONNX Runtime session, fed from a state that it advances. */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { type NDArray, sizeOf } from "../../arrays/ndarray.ts";
import { reasonOf } from "../../errors/errors.ts";
import type { TensorSpec } from "../engine.ts";
import { refusal, sequence, withSequence } from "./handover.ts";
import type { HostTensors, SessionPlan } from "./host-calls.ts";
import { type HostedState, spareFor, tensorOf } from "./hosted-state.ts";
import { batchInput, stateInput, stateOutput, stepOutput } from "./names.ts";

type Ort = typeof import("onnxruntime-node");

export interface HostedSession {
  /** Gives arrays of their own, which nobody else holds. */
  run(state: HostedState, inputs: HostTensors): Promise<HostTensors>;
  discard(): Promise<void>;
}

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** Builds the session. */
export async function hostedSession(ort: Ort, plan: SessionPlan): Promise<HostedSession> {
  const keeps = plan.provider === "cpu" ? await refusal(ort) : undefined;
  const model = keeps === undefined ? plan.model : withSequence(plan.model);
  const session = await ort.InferenceSession.create(model, optionsOf(plan));

  function fetchesOf(state: HostedState, outputs: HostTensors): Record<string, Tensor | null> {
    const fetches: Record<string, Tensor | null> = {};
    for (const { entry, inPlace } of plan.stateOutputs) {
      fetches[stateOutput(entry)] = inPlace ? state.current.get(entry)! : spareFor(ort, state, entry);
    }
    for (const [name, array] of Object.entries(outputs)) {
      if (array.data.length > 0) fetches[stepOutput(name)] = tensorOf(ort, array);
    }
    return fetches;
  }

  /** Computes into `fetches`. */
  async function compute(feeds: Record<string, Tensor>, fetches: Record<string, Tensor | null>): Promise<void> {
    if (keeps === undefined) await session.run(feeds, fetches);
    else {
      await session.run(feeds, { ...fetches, [sequence]: null }).catch((thrown: unknown) => {
        if (reasonOf(thrown) !== keeps) throw thrown;
      });
    }
  }

  return {
    async run(state, inputs) {
      const feeds: Record<string, Tensor> = {};
      for (const entry of plan.stateInputs) feeds[stateInput(entry)] = state.current.get(entry)!;
      for (const name of plan.batchInputs) feeds[batchInput(name)] = tensorOf(ort, inputs[name]!);
      const outputs = Object.fromEntries(plan.outputs.map(({ name, spec }) => [name, emptied(spec)]));
      await compute(feeds, fetchesOf(state, outputs));
      for (const { entry, inPlace } of plan.stateOutputs) {
        if (inPlace) continue;
        const old = state.current.get(entry)!;
        state.current.set(entry, state.spare.get(entry)!);
        state.spare.set(entry, old);
      }
      return outputs;
    },
    async discard() {
      if (plan.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

function emptied({ shape, dtype }: TensorSpec): NDArray {
  return { shape, data: new arrayTypes[dtype](sizeOf(shape)) };
}

function optionsOf({ provider, threads, profile }: SessionPlan): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Fusions by ONNX Runtime depend on who else looks at a value; a probe must not change what is computed.
    graphOptimizationLevel: "disabled",
    // One planned block for all values of a step would lie beside the arena of the first step, at no gain in speed.
    enableMemPattern: false,
    logSeverityLevel: 4, // what fails is thrown, and worded where it is caught
    ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
    extra: {
      session: {
        set_denormal_as_zero: "1",
        // Each session has threads of its own, which go on waiting actively for tens of milliseconds after a run: those of the next
        // session would share the cores with them.
        force_spinning_stop: "1",
      },
    },
  };
}
