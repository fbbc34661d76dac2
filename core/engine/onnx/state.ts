/** State in host memory: for each entry the current values and, where a step cannot overwrite them, a second buffer. */
import type { Tensor } from "onnxruntime-node";
import { internal } from "../../errors.ts";
import type { NDArray, TypedArray } from "../../ndarray.ts";
import type { DType, State, TensorSpec } from "../engine.ts";
import type { Ort } from "./providers.ts";

export interface OnnxState extends State {
  readonly current: Map<string, Tensor>;
  readonly spare: Map<string, Tensor>;
  released: boolean;
}

/** Copies arrays into a state of their own. */
export function createState(ort: Ort, tensors: Readonly<Record<string, NDArray>>): OnnxState {
  const entries = Object.entries(tensors);
  const specs = Object.fromEntries(entries.map(([name, array]) => [name, specOf(array)]));
  const current = new Map(entries.map(([name, array]) => [name, tensorOf(ort, specOf(array), array.data.slice())]));
  return { engine: "onnx", specs, current, spare: new Map(), released: false };
}

/** The second buffer of an entry, made when first asked for. */
export function spareFor(ort: Ort, state: OnnxState, entry: string): Tensor {
  const known = state.spare.get(entry);
  if (known !== undefined) return known;
  const made = tensorOf(ort, state.specs[entry]!, (state.current.get(entry)!.data as TypedArray).slice());
  state.spare.set(entry, made);
  return made;
}

/** The state, checked to be one of this engine's that has not been released. */
export function heldState(state: State): OnnxState {
  if (state.engine === "onnx" && !(state as OnnxState).released) return state as OnnxState;
  throw internal("the onnx engine was handed a state that it does not hold");
}

/** A tensor over these very numbers. */
export function tensorOf(ort: Ort, { shape, dtype }: TensorSpec, data: TypedArray): Tensor {
  return new ort.Tensor(dtype, data as Float32Array, shape);
}

/** Shape and dtype of an array on the host. */
export function specOf({ shape, data }: NDArray): TensorSpec {
  return { shape, dtype: dtypeOf(data) };
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array) return "bool";
  throw internal(`no dtype for ${data.constructor.name}`);
}
