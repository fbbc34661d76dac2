/** What a step reports, cut out of the vector of words that it crosses to the host in. */
import { type Arrays, type NDArray, sizeOf } from "../../arrays/ndarray.ts";
import type { TensorSpec } from "../engine.ts";
import type { Reading } from "./stablehlo/module.ts";

/** The readings; names that share a place share an array. */
export function readingsIn(words: Int32Array, readings: readonly Reading[]): Arrays {
  const cut = new Map<number, NDArray>();
  return Object.fromEntries(
    readings.map(({ name, spec, offset }) => {
      const array = cut.get(offset) ?? { shape: spec.shape, data: dataOf(spec, offset, words) };
      cut.set(offset, array);
      return [name, array];
    }),
  );
}

/** An array of its own: views of one buffer would keep all of it, and could be written through. */
function dataOf({ shape, dtype }: TensorSpec, offset: number, words: Int32Array): NDArray["data"] {
  const part = words.slice(offset, offset + sizeOf(shape));
  if (dtype === "int32") return part;
  return dtype === "float32" ? new Float32Array(part.buffer) : Uint8Array.from(part);
}
