/** A step that has been traced, lowered and compiled. */

import type { Arrays } from "../../arrays/ndarray.ts";
import { invalidStep } from "../../errors/errors.ts";
import type { PrecisionName, Program, Signature, State, TensorSpecs } from "../engine.ts";
import type { Graph } from "../graph/node.ts";
import { checkInputs, checkState } from "../spec.ts";
import type { XlaFlags } from "./compile-options.ts";
import { compiled } from "./executable.ts";
import { failureOf } from "./failure.ts";
import type { Copy } from "./pjrt/client.ts";
import type { Address } from "./pjrt/memory.ts";
import { readingsIn } from "./readings.ts";
import type { Session } from "./session.ts";
import { lowerModule } from "./stablehlo/module.ts";
import { buffersOf, type XlaState } from "./state.ts";

/** A program whose StableHLO can be read. */
export interface XlaProgram extends Program {
  print(): string;
}

/** Lowers and compiles a graph. `name` is for errors. */
export async function createProgram(
  session: Session,
  graph: Graph,
  signature: Signature,
  name: string,
  choice: { readonly precision: PrecisionName; readonly flags: XlaFlags },
): Promise<XlaProgram> {
  const { client, devices } = session;
  const { text, args, changed, readings, words } = lowerModule(graph, { ...choice, devices: devices.length });
  const executable = await compiled(client, devices, text, choice.flags).catch((thrown: unknown) => {
    throw invalidStep(name, `XLA refused it: ${failureOf(thrown)}`, thrown);
  });
  const outputs: TensorSpecs = Object.fromEntries(readings.map((reading) => [reading.name, reading.spec]));
  const results = changed.length + (words > 0 ? 1 : 0);

  /** Vectors that readings have been cut out of: the next ones come into them. */
  const spare: Int32Array[] = [];

  /** What is not state, on the devices; in the order of the arguments. */
  function uploaded(inputs: Arrays): Map<number, readonly Address[]> {
    const buffers = new Map<number, readonly Address[]>();
    for (const [i, arg] of args.entries()) {
      if (arg.role === "input") buffers.set(i, session.upload(inputs[arg.name]!, arg.split));
      if (arg.role !== "scalars") continue;
      const values = Float32Array.from(arg.names, (scalar) => inputs[scalar]!.data[0]!);
      buffers.set(i, session.upload({ shape: [values.length], data: values }, false));
    }
    return buffers;
  }

  /** Hands the step to the devices; gives the readings' buffers, one a device. */
  async function advance(state: State, inputs: ReadonlyMap<number, readonly Address[]>): Promise<readonly Address[]> {
    const buffers = buffersOf(state);
    const lists = devices.map((_, d) =>
      args.map((arg, i) => (arg.role === "state" ? buffers.get(arg.name)! : inputs.get(i)!)[d]!),
    );
    let made: Address[][];
    try {
      made = await client.execute(executable, lists, results);
    } catch (thrown) {
      // Donated buffers may be gone: there is no state to go on with.
      if (changed.length > 0) (state as XlaState).buffers = undefined;
      throw thrown;
    }
    for (const [i, entry] of changed.entries()) {
      session.drop(buffers.get(entry)!);
      buffers.set(
        entry,
        made.map((list) => list[i]!),
      );
    }
    return words > 0 ? made.map((list) => list[changed.length]!) : [];
  }

  /** Asks for the first device's readings: all are equal. */
  function copyOf(vectors: readonly Address[], into: Int32Array): Copy {
    try {
      return client.copy(vectors[0]!, into);
    } catch (thrown) {
      session.drop(vectors);
      throw thrown;
    }
  }

  return {
    signature,
    outputs,
    print: () => text,
    async run(state, inputs) {
      checkInputs(name, inputs, signature.inputs);
      checkState(name, state.specs, signature.state);
      const sent = uploaded(inputs);
      try {
        const values = spare.pop() ?? new Int32Array(new ArrayBuffer(4 * words));
        const { vectors, copy } = await session.inTurn(async () => {
          const vectors = await advance(state, sent);
          return { vectors, copy: vectors.length > 0 ? copyOf(vectors, values) : undefined };
        });
        try {
          if (copy === undefined) return {};
          await session.copied(copy);
        } finally {
          session.drop(vectors);
        }
        const outputs = readingsIn(values, readings);
        spare.push(values);
        return outputs;
      } catch (thrown) {
        throw invalidStep(name, `XLA failed: ${failureOf(thrown)}`, thrown);
      } finally {
        session.drop([...sent.values()].flat());
      }
    },
    dispose: () => client.unload(executable),
  };
}
