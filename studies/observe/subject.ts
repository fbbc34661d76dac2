/** What is looked at: parameters at one training step, from a published checkpoint or from one of our own. */
import type { NDArray } from "../../core/arrays/ndarray.ts";
import type { Cursor } from "../../core/data/sampler.ts";

/** Parameters of one step, not read yet. */
export interface Subject {
  /** The folder that they are in. */
  readonly path: string;
  /** Training steps done. */
  readonly step: number;
  /** Training tokens seen, where that is known. */
  readonly tokens?: number;
  /** Opens it. Throws where something is damaged or does not fit the model. */
  open(): OpenSubject;
}

/** A subject whose parameters can be read. */
export interface OpenSubject {
  /** Every parameter of the model, read one at a time. */
  parameters(): Iterable<readonly [string, NDArray]>;
  /** Where in its data training went on from here; for our own checkpoints. */
  readonly cursor?: Cursor;
  /** What is worth saying of it, a line each: tensors that nothing uses, for one. */
  readonly notes: readonly string[];
  /** How its numbers are stored: `float16`. */
  readonly dtype: string;
  close(): void;
}
