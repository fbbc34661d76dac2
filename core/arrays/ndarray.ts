/** Numbers on the host: what engines hand back, checkpoints hold and sinks write. No tensor library is involved. */

/** The element types that cross the host boundary; the constructor of `data` is the dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** A dense array in row-major order. `data.length` is the product of `shape`; a scalar has shape `[]`. */
export interface NDArray<T extends TypedArray = TypedArray> {
  readonly shape: readonly number[];
  readonly data: T;
}

/** Named arrays: a checkpoint's tensors, an analyzer's saved state, a step's readings. */
export type Arrays = Readonly<Record<string, NDArray>>;

/** The number of elements that a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
