/** What a probe returned, on the host: an array with checked ways to its numbers. */
import type { NDArray, TypedArray } from "../arrays/ndarray.ts";
import type { Reading } from "../contract/analyzer.ts";
import { wrongValue } from "../errors/errors.ts";

/** A reading; equal readings of several analyzers share their data. */
export class HostReading implements Reading {
  readonly shape: readonly number[];
  readonly data: TypedArray;
  readonly #name: string;

  /** `name` is what an error calls it. */
  constructor({ shape, data }: NDArray, name: string) {
    this.shape = shape;
    this.data = data;
    this.#name = name;
  }

  floats(): Float32Array {
    if (this.data instanceof Float32Array) return this.data;
    throw wrongValue(this.#name, "float32 numbers", this.data.constructor.name);
  }

  ints(): Int32Array {
    if (this.data instanceof Int32Array) return this.data;
    throw wrongValue(this.#name, "int32 numbers", this.data.constructor.name);
  }
}
