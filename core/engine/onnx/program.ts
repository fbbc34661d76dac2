/** A step that has been traced, lowered and built. */
import { invalidStep, reasonOf } from "../../errors/errors.ts";
import type { Program, ProviderName, Signature, TensorSpecs } from "../engine.ts";
import type { Graph, Node } from "../graph/node.ts";
import { printGraph } from "../graph/print.ts";
import { checkInputs, checkState } from "../spec.ts";
import type { Host } from "./host.ts";
import type { HostTensors, SessionPlan } from "./host-calls.ts";
import { overwritable } from "./in-place.ts";
import { lower } from "./lower.ts";
import { handleOf, ownCopies } from "./state.ts";

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
  /** As in a session's plan. */
  readonly profile?: string | undefined;
}

/** Lowers a graph and builds its session. `name` is for errors. */
export async function createProgram(
  host: Host,
  graph: Graph,
  signature: Signature,
  name: string,
  choice: SessionChoice,
): Promise<OnnxProgram> {
  const { distinct, fetchedAs } = withoutTwins(graph);
  const plan = planOf(distinct, choice);
  const session = await host.call("build", plan).catch((thrown: unknown) => {
    throw invalidStep(name, `ONNX Runtime refused it: ${reasonOf(thrown)}`, thrown);
  });
  const outputs: TensorSpecs = Object.fromEntries(
    [...graph.outputs].map(([output, { shape, dtype }]) => [output, { shape, dtype }]),
  );
  const fitting = new WeakSet<TensorSpecs>(); // states that have been checked: a state keeps its specs
  return {
    signature,
    outputs,
    model: plan.model,
    print: () => printGraph(graph),
    async run(state, inputs: HostTensors) {
      checkInputs(name, inputs, signature.inputs);
      if (!fitting.has(state.specs)) {
        checkState(name, state.specs, signature.state);
        fitting.add(state.specs);
      }
      try {
        const fetched = await host.call("run", session, handleOf(state), ownCopies(inputs));
        return Object.fromEntries([...fetchedAs].map(([output, as]) => [output, fetched[as]!]));
      } catch (thrown) {
        throw invalidStep(name, `ONNX Runtime failed: ${reasonOf(thrown)}`, thrown);
      }
    },
    dispose() {
      host.call("discard", session).catch(() => {}); // the thread may have ended already, and the session with it
    },
  };
}

/** Outputs that are one value under several names (analyzers that ask for the same counts) leave the graph, and cross to the host, once. */
function withoutTwins(graph: Graph): { readonly distinct: Graph; readonly fetchedAs: ReadonlyMap<string, string> } {
  const firstName = new Map<Node, string>();
  for (const [output, node] of graph.outputs) if (!firstName.has(node)) firstName.set(node, output);
  const outputs = new Map([...firstName].map(([node, output]) => [output, node]));
  const fetchedAs = new Map([...graph.outputs].map(([output, node]) => [output, firstName.get(node)!]));
  return { distinct: { state: graph.state, outputs }, fetchedAs };
}

function planOf(graph: Graph, choice: SessionChoice): SessionPlan {
  const { bytes, inputs } = lower(graph);
  const inPlace = overwritable(graph);
  const named = (role: "state" | "input") =>
    inputs.filter(({ attrs }) => attrs.role === role).map(({ attrs }) => attrs.name);
  return {
    ...choice,
    model: bytes,
    stateInputs: named("state"),
    batchInputs: named("input"),
    stateOutputs: [...graph.state.keys()].map((entry) => ({ entry, inPlace: inPlace.has(entry) })),
    outputs: [...graph.outputs].map(([output, { shape, dtype }]) => ({ name: output, spec: { shape, dtype } })),
  };
}
