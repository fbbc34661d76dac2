/** Weights as files have them: named tensors that are read one at a time. */

/** One tensor in a file. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Reads it, as float32 in row-major order. The caller owns the array. */
  read(): Float32Array;
}

/** The tensors of one file, or of all files of a model. */
export interface StoredTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): void;
}
