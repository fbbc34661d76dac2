/** Shapes and dtypes of arrays on the host. */

import { type Arrays, type NDArray, sizeOf, type TypedArray } from "../arrays/ndarray.ts";
import { internal, wrongShape } from "../errors/errors.ts";
import type { DType, TensorSpec, TensorSpecs } from "./engine.ts";

export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array) return "bool";
  throw internal(`no dtype for ${data.constructor.name}`);
}

export function specOf({ shape, data }: NDArray): TensorSpec {
  return { shape, dtype: dtypeOf(data) };
}

/** A spec in words: "float32 [8 64]". */
function shownSpec(spec: TensorSpec | undefined): string {
  return spec === undefined ? "nothing" : `${spec.dtype} [${spec.shape.join(" ")}]`;
}

/** Throws `engine.step` unless the arrays are exactly those that a signature names. */
export function checkInputs(title: string, inputs: Arrays, expected: TensorSpecs): void {
  for (const [name, spec] of Object.entries(expected)) {
    const array = inputs[name];
    const [want, got] = [shownSpec(spec), shownSpec(array && specOf(array))];
    if (want !== got) throw wrongShape(`${title}: ${name}`, want, got);
    const size = sizeOf(spec.shape);
    if (array?.data.length !== size) throw wrongShape(`${title}: ${name}`, `${size} numbers`, `${array?.data.length}`);
  }
  const extra = Object.keys(inputs).find((name) => !(name in expected));
  if (extra !== undefined) throw wrongShape(`${title}: ${extra}`, "no such input", shownSpec(specOf(inputs[extra]!)));
}

/** Throws `engine.step` unless the entries that a step returned are in its signature, as it says. */
export function checkChanged(title: string, returned: TensorSpecs, expected: TensorSpecs): void {
  for (const [entry, spec] of Object.entries(returned)) {
    const [want, got] = [shownSpec(expected[entry]), shownSpec(spec)];
    if (want !== got) throw wrongShape(`${title}: state ${entry}`, want, got);
  }
}

/** Throws `engine.step` unless a state has every entry of a signature, as it says. */
export function checkState(title: string, state: TensorSpecs, expected: TensorSpecs): void {
  for (const [entry, spec] of Object.entries(expected)) {
    const [want, got] = [shownSpec(spec), shownSpec(state[entry])];
    if (want !== got) throw wrongShape(`${title}: state ${entry}`, want, got);
  }
}
