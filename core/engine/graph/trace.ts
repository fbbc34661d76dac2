/** Runs a step once with symbols for tensors and keeps what it did. */
import type { TensorContainer } from "@tensorflow/tfjs";
import { ExperimentError, invalidStep, reasonOf } from "../../errors/errors.ts";
import type { Signature, Step, TensorSpecs, Tensors } from "../engine.ts";
import { withoutRandomnessOrClock } from "../purity.ts";
import { checkChanged } from "../spec.ts";
import { tf } from "../tensorflow.ts";
import { GraphBuilder } from "./builder.ts";
import type { Graph, Node } from "./node.ts";
import { backend, backendName, type Tracing } from "./trace-backend.ts";

/** A traced step, and the builder that passes go on with. */
export interface Traced {
  readonly graph: Graph;
  readonly builder: GraphBuilder;
}

/** Traces `step`. Throws `engine.step` on what cannot be part of a graph, naming it and `name`. */
export function trace(step: Step, signature: Signature, name: string): Traced {
  const previous = tf.getBackend() ?? "cpu"; // before the first use none is current
  const tracing: Tracing = { builder: new GraphBuilder(), name };
  void tf.setBackend(backendName); // takes effect at once for a backend without setup
  try {
    backend.tracing = tracing;
    return { graph: tf.tidy(() => run(step, signature, tracing)) as unknown as Graph, builder: tracing.builder };
  } catch (thrown) {
    const error = tracing.violation ?? thrown;
    throw error instanceof ExperimentError ? error : invalidStep(name, reasonOf(error), error);
  } finally {
    backend.tracing = undefined;
    void tf.setBackend(previous);
  }
}

function run(step: Step, signature: Signature, tracing: Tracing): TensorContainer {
  const state = symbols(signature.state, "state", tracing);
  const inputs = symbols(signature.inputs, "input", tracing);
  const result = withoutRandomnessOrClock(
    (problem) => backend.refuse(`${problem}. Do it outside and pass the result as an input`),
    () => step(state, inputs),
  );
  if (tracing.violation !== undefined) throw tracing.violation;
  const next = nodesOf(result.state ?? {});
  checkChanged(tracing.name, Object.fromEntries(next), signature.state);
  // Maps pass through tidy untouched, and hold no tensors.
  return { state: next, outputs: nodesOf(result.outputs) } satisfies Graph as unknown as TensorContainer;
}

function symbols(specs: TensorSpecs, role: "state" | "input", { builder }: Tracing): Tensors {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => {
      const { dataId } = backend.infoOf(builder.make("input", { name, role }, [], shape, dtype));
      return [name, tf.engine().makeTensorFromDataId(dataId, [...shape], dtype, backend)];
    }),
  );
}

function nodesOf(tensors: Tensors): Map<string, Node> {
  return new Map(Object.entries(tensors).map(([name, tensor]) => [name, backend.nodeOf(tensor)]));
}
