/**
 * Leaves results where they are. `onnxruntime-node` copies each output into fresh memory to hand it over, those too that it computed
 * into a buffer of ours: the whole state, a tenth of a step's time. It goes through them in the model's order and throws at one that is
 * no tensor. So the model's first output is an empty sequence; what is thrown then says that everything has been computed.
 */
import { reasonOf } from "../../errors/errors.ts";
import { message } from "../../wire/message.ts";
import { dataTypes, nodeProto, sequenceInfo } from "./model-proto.ts";
import { OnnxWriter } from "./writer.ts";

type Ort = typeof import("onnxruntime-node");

/** The name of that output. */
export const sequence = "sequence";

/** A model with that output before its own. (Messages written one after another are one message, the graph in them one graph.) */
export function withSequence(model: Uint8Array): Uint8Array {
  const node = nodeProto("SequenceEmpty", [], [sequence], { dtype: dataTypes.float32 }, "");
  const graph = message(7, [node, sequenceInfo("output", sequence, "float32")]);
  return Buffer.concat([graph, model]);
}

let known: Promise<string | undefined> | undefined;

/** What is thrown at such an output, tried once; undefined where nothing is, or not after everything has been computed. */
export function refusal(ort: Ort): Promise<string | undefined> {
  known ??= tried(ort).catch(() => undefined);
  return known;
}

async function tried(ort: Ort): Promise<string | undefined> {
  const writer = new OnnxWriter();
  writer.declare("input", "x", "float32", [1]);
  writer.emit("Neg", ["x"], {}, "y");
  writer.declare("output", "y", "float32", [1]);
  const session = await ort.InferenceSession.create(withSequence(writer.model()));
  const [x, y] = [1, 0].map((value) => new ort.Tensor("float32", Float32Array.of(value), [1])) as [never, never];
  try {
    await session.run({ x }, { [sequence]: null, y });
    return undefined;
  } catch (thrown) {
    return (y as { data: Float32Array }).data[0] === -1 ? reasonOf(thrown) : undefined;
  } finally {
    await session.release();
  }
}
