/** A model in an ONNX Runtime session, fed from a state that it advances. */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { TypedArray } from "../../arrays/ndarray.ts";
import type { HostTensors, SessionPlan } from "./host-calls.ts";
import { type HostedState, spareFor, tensorOf } from "./hosted-state.ts";
import { batchInput, stateInput, stateOutput, stepOutput } from "./names.ts";

type Ort = typeof import("onnxruntime-node");

export interface HostedSession {
  run(state: HostedState, inputs: HostTensors): Promise<HostTensors>;
  discard(): Promise<void>;
}

/** Builds the session. */
export async function hostedSession(ort: Ort, plan: SessionPlan): Promise<HostedSession> {
  const session = await ort.InferenceSession.create(plan.model, optionsOf(plan));

  function fetchesOf(state: HostedState): Record<string, Tensor | null> {
    const fetches: Record<string, Tensor | null> = {};
    for (const { entry, inPlace } of plan.stateOutputs) {
      fetches[stateOutput(entry)] = inPlace ? state.current.get(entry)! : spareFor(ort, state, entry);
    }
    for (const { name } of plan.outputs) fetches[stepOutput(name)] = null;
    return fetches;
  }

  return {
    async run(state, inputs) {
      const feeds: Record<string, Tensor> = {};
      for (const entry of plan.stateInputs) feeds[stateInput(entry)] = state.current.get(entry)!;
      for (const name of plan.batchInputs) feeds[batchInput(name)] = tensorOf(ort, inputs[name]!);
      const results = await session.run(feeds, fetchesOf(state));
      for (const { entry, inPlace } of plan.stateOutputs) {
        if (inPlace) continue;
        const old = state.current.get(entry)!;
        state.current.set(entry, state.spare.get(entry)!);
        state.spare.set(entry, old);
      }
      const data = (name: string) => results[stepOutput(name)]!.data as TypedArray;
      return Object.fromEntries(plan.outputs.map(({ name, spec }) => [name, { shape: spec.shape, data: data(name) }]));
    },
    discard: () => session.release(),
  };
}

function optionsOf({ provider, threads }: SessionPlan): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Fusions by ONNX Runtime depend on who else looks at a value; a probe must not change what is computed.
    graphOptimizationLevel: "disabled",
    // One planned block for all values of a step would lie beside the arena of the first step, at no gain in speed.
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
  };
}
