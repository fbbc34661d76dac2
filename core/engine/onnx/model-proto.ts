/** The few messages of onnx.proto that a model of plain nodes needs. Field numbers are that file's. */
import type { TypedArray } from "../../arrays/ndarray.ts";
import { type Bytes, bytes, float, integer, joined, message, text } from "../../wire/message.ts";

/** TensorProto.DataType. */
export const dataTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type DataType = keyof typeof dataTypes;

/** Operator sets: ONNX 18 is the first where all reductions take their axes as an input, and Split its count. */
const opsets = { "": 18, "com.microsoft": 1 };
const irVersion = 8;

/** A node's attribute: integers are `i`, other numbers stand in `float`; `graph` is a branch, the fields of its graph. */
type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: readonly Bytes[] };
export type NodeAttributes = Readonly<Record<string, AttributeValue>>;

function attribute(name: string, value: AttributeValue): Bytes {
  const [floatType, intType, stringType, graphType, intsType] = [1, 2, 3, 5, 7];
  if (typeof value === "number") return message(5, [text(1, name), integer(3, value), integer(20, intType)]);
  if (typeof value === "string") return message(5, [text(1, name), text(4, value), integer(20, stringType)]);
  if ("graph" in value) {
    return message(5, [text(1, name), message(6, [text(2, name), ...value.graph]), integer(20, graphType)]);
  }
  if ("float" in value) return message(5, [text(1, name), float(2, value.float), integer(20, floatType)]);
  return message(5, [text(1, name), ...value.map((i) => integer(8, i)), integer(20, intsType)]);
}

/** NodeProto, as a field of the graph. */
export function nodeProto(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: NodeAttributes,
  domain: string,
): Bytes {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0] ?? ""),
    text(4, opType),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...(domain === "" ? [] : [text(7, domain)]),
  ]);
}

/** TensorProto, as an initializer of the graph. */
export function tensorProto(
  name: string,
  dtype: DataType,
  shape: readonly number[],
  data: TypedArray | BigInt64Array,
): Bytes {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, [
    ...shape.map((length) => integer(1, length)),
    integer(2, dataTypes[dtype]),
    text(8, name),
    bytes(9, raw),
  ]);
}

/** ValueInfoProto, as an input or output of the graph; without a shape, of any. */
export function valueInfo(role: "input" | "output", name: string, dtype: DataType, shape?: readonly number[]): Bytes {
  const dimensions = shape?.map((length) => message(1, [integer(1, length)]));
  const tensorType = message(1, [integer(1, dataTypes[dtype]), ...(dimensions ? [message(2, dimensions)] : [])]);
  return message(role === "input" ? 11 : 12, [text(1, name), message(2, [tensorType])]);
}

/** ValueInfoProto of a sequence of tensors of any shape. */
export function sequenceInfo(role: "input" | "output", name: string, dtype: DataType): Bytes {
  const tensorType = message(1, [integer(1, dataTypes[dtype])]);
  return message(role === "input" ? 11 : 12, [text(1, name), message(2, [message(4, [message(1, [tensorType])])])]);
}

/** ModelProto around the fields of a graph. */
export function modelProto(graphFields: readonly Bytes[]): Bytes {
  return joined([
    integer(1, irVersion),
    text(2, "reluscope"),
    message(7, [text(2, "step"), ...graphFields]),
    ...Object.entries(opsets).map(([domain, version]) => message(8, [text(1, domain), integer(2, version)])),
  ]);
}
