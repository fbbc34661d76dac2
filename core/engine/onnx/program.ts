/** A lowered step in an ONNX Runtime session. */
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { invalidStep, reasonOf, wrongShape } from "../../errors.ts";
import { type NDArray, sizeOf, type TypedArray } from "../../ndarray.ts";
import type { Program, ProviderName, Signature, State, TensorSpec, TensorSpecs } from "../engine.ts";
import type { Graph } from "../graph/node.ts";
import { printGraph } from "../graph/print.ts";
import { overwritable } from "./in-place.ts";
import { batchInput, type LoweredModel, lower, stateInput, stateOutput, stepOutput } from "./lower.ts";
import type { Ort } from "./providers.ts";
import { heldState, type OnnxState, spareFor, specOf, tensorOf } from "./state.ts";

type HostTensors = Readonly<Record<string, NDArray>>;

/** A program that can also be had as an ONNX model, for Netron and other tools. */
export interface OnnxProgram extends Program {
  print(): string;
  /** The serialised ModelProto. */
  readonly model: Uint8Array;
}

/** How sessions are made. */
export interface SessionChoice {
  readonly provider: ProviderName;
  readonly threads: number;
}

/** Lowers a graph and builds its session. `name` is for errors. */
export async function createProgram(
  ort: Ort,
  graph: Graph,
  signature: Signature,
  name: string,
  choice: SessionChoice,
): Promise<OnnxProgram> {
  const model = lower(graph);
  const inPlace = overwritable(graph);
  const session = await createSession(ort, model, name, choice);
  const used = { state: [] as string[], inputs: [] as string[] };
  for (const { attrs } of model.inputs) used[attrs.role === "state" ? "state" : "inputs"].push(attrs.name);
  const outputs: TensorSpecs = Object.fromEntries(
    [...graph.outputs].map(([output, { shape, dtype }]) => [output, { shape, dtype }]),
  );

  function feedsOf(state: OnnxState, inputs: HostTensors): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (const entry of used.state) {
      const tensor = state.current.get(entry);
      if (tensor === undefined) throw wrongShape(`${name}: state ${entry}`, shown(signature.state[entry]), "nothing");
      feeds[stateInput(entry)] = tensor;
    }
    for (const input of used.inputs) {
      feeds[batchInput(input)] = tensorOf(ort, signature.inputs[input]!, inputs[input]!.data);
    }
    return feeds;
  }

  function fetchesOf(state: OnnxState): Record<string, Tensor | null> {
    const fetches: Record<string, Tensor | null> = {};
    for (const entry of graph.state.keys()) {
      fetches[stateOutput(entry)] = inPlace.has(entry) ? state.current.get(entry)! : spareFor(ort, state, entry);
    }
    for (const output of graph.outputs.keys()) fetches[stepOutput(output)] = null;
    return fetches;
  }

  return {
    signature,
    outputs,
    model: model.bytes,
    print: () => printGraph(graph),
    async run(state: State, inputs: HostTensors) {
      checkInputs(name, inputs, signature.inputs);
      const held = heldState(state);
      const results = await session.run(feedsOf(held, inputs), fetchesOf(held));
      for (const entry of graph.state.keys()) {
        if (inPlace.has(entry)) continue;
        const old = held.current.get(entry)!;
        held.current.set(entry, held.spare.get(entry)!);
        held.spare.set(entry, old);
      }
      return Object.fromEntries(
        Object.entries(outputs).map(([output, { shape }]) => [
          output,
          { shape, data: results[stepOutput(output)]!.data as TypedArray },
        ]),
      );
    },
    dispose() {
      void session.release();
    },
  };
}

async function createSession(
  ort: Ort,
  model: LoweredModel,
  name: string,
  { provider, threads }: SessionChoice,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(model.bytes, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Fusions by ONNX Runtime depend on who else looks at a value; a probe must not change what is computed.
      graphOptimizationLevel: "disabled",
      // One planned block for all values of a step would lie beside the arena of the first step, at no gain in speed.
      enableMemPattern: false,
      logSeverityLevel: 3,
      extra: { session: { set_denormal_as_zero: "1" } },
    });
  } catch (thrown) {
    throw invalidStep(name, `ONNX Runtime refused it: ${reasonOf(thrown)}`, thrown);
  }
}

function checkInputs(title: string, inputs: HostTensors, expected: TensorSpecs): void {
  for (const [name, spec] of Object.entries(expected)) {
    const array = inputs[name];
    const want = shown(spec);
    const got = shown(array && specOf(array));
    if (want !== got) throw wrongShape(`${title}: ${name}`, want, got);
    const size = sizeOf(spec.shape);
    if (array?.data.length !== size) throw wrongShape(`${title}: ${name}`, `${size} numbers`, `${array?.data.length}`);
  }
  const extra = Object.keys(inputs).find((name) => !(name in expected));
  if (extra !== undefined) throw wrongShape(`${title}: ${extra}`, "no such input", shown(specOf(inputs[extra]!)));
}

function shown(spec: TensorSpec | undefined): string {
  return spec === undefined ? "nothing" : `${spec.dtype} [${spec.shape.join(" ")}]`;
}
