/** State in host memory: for each entry the current values and, where a step cannot overwrite them, a second buffer. */
import type { Tensor } from "onnxruntime-node";
import type { NDArray, TypedArray } from "../../arrays/ndarray.ts";
import { dtypeOf } from "../spec.ts";
import type { HostTensors } from "./host-calls.ts";

type Ort = typeof import("onnxruntime-node");

export interface HostedState {
  readonly current: Map<string, Tensor>;
  readonly spare: Map<string, Tensor>;
}

/** A tensor over these very numbers. */
export function tensorOf(ort: Ort, { shape, data }: NDArray): Tensor {
  return new ort.Tensor(dtypeOf(data), data as Float32Array, shape);
}

/** Takes the arrays over: they are this thread's own copies. */
export function hostedState(ort: Ort, tensors: HostTensors): HostedState {
  const current = new Map(Object.entries(tensors).map(([name, array]) => [name, tensorOf(ort, array)]));
  return { current, spare: new Map() };
}

/** The second buffer of an entry, made when first asked for. */
export function spareFor(ort: Ort, { current, spare }: HostedState, entry: string): Tensor {
  const known = spare.get(entry);
  if (known !== undefined) return known;
  const made = tensorOf(ort, arrayOf(current.get(entry)!));
  spare.set(entry, made);
  return made;
}

/** A copy of a tensor's values. */
export function arrayOf(tensor: Tensor): NDArray {
  return { shape: tensor.dims, data: (tensor.data as TypedArray).slice() };
}
