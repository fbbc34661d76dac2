/**
 * What every engine is: something that runs a pure TensorFlow.js step over a state that it owns.
 *
 * Ownership, in words. A `State` is an opaque handle: its tensors live wherever the engine wants them (host buffers, a
 * TensorFlow.js backend, a GPU). Only `upload` makes one, only `download` looks inside, and `run` advances it in place, so
 * no copy of the parameters crosses the boundary during training. Inputs and outputs are host arrays: inputs may be reused
 * by the caller once `run` has resolved; outputs belong to the caller and are never written again.
 */
import type { Tensor } from "@tensorflow/tfjs";
import type { NDArray } from "../arrays/ndarray.ts";
import type { EngineName, PrecisionName, ProviderName, SkipSilent } from "./names.ts";

export type { EngineName, PrecisionName, ProviderName, SkipSilent };

/** The dtypes that a step's state, inputs and outputs may have. Outputs of dtype `bool` come back as `Uint8Array`. */
export type DType = "float32" | "int32" | "bool";

/** Arrays with their names, one after another. */
export type NamedArrays = Iterable<readonly [string, NDArray]>;

/** Whether arrays come one after another. */
export function isIterable(tensors: Readonly<Record<string, NDArray>> | NamedArrays): tensors is NamedArrays {
  return Symbol.iterator in tensors;
}

/** Shape and dtype of one tensor. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type TensorSpecs = Readonly<Record<string, TensorSpec>>;
export type Tensors = Readonly<Record<string, Tensor>>;

/** Names, shapes and dtypes of what goes into a step. */
export interface Signature {
  readonly state: TensorSpecs;
  readonly inputs: TensorSpecs;
}

/**
 * A pure function of TensorFlow.js tensors. It returns the outputs to read back and the entries of the state that change
 * (same names, shapes and dtypes as they had); entries left out stay as they are. No reads, no randomness, no branches on
 * values: a compiled engine runs the function once, with symbols, and never again.
 */
export type Step = (state: Tensors, inputs: Tensors) => { readonly state?: Tensors; readonly outputs: Tensors };

/** An engine's own handle on uploaded state. */
export interface State {
  readonly engine: string;
  readonly specs: TensorSpecs;
}

/** A step that has been fixed to one signature, ready to run. */
export interface Program {
  readonly signature: Signature;
  readonly outputs: TensorSpecs;
  /**
   * Runs the step once and advances `state`. Calls on one engine must not overlap, except on one that takes steps ahead: there
   * calls of programs on the same state run in the order in which they were made.
   */
  run(state: State, inputs: Readonly<Record<string, NDArray>>): Promise<Readonly<Record<string, NDArray>>>;
  /** The program as text, one operation a line, where the engine has such a thing. */
  print?(): string;
  /** The same as an ONNX model (a serialised ModelProto), where the engine makes one. */
  readonly model?: Uint8Array;
  dispose(): void;
}

export interface Engine {
  readonly name: EngineName;
  /** What the numbers are computed on, `CPU` or `GPU` first: "CPU, 1 thread (WebAssembly)". For run.json and `experiment doctor`. */
  readonly device: string;
  /**
   * How many steps may be asked for before the first of them has answered, with looks and evaluations between them, so that the
   * device never waits. Default 1: none.
   */
  readonly stepsAhead?: number;
  /** What its user may not expect, a line each. */
  readonly notes?: readonly string[];
  /** Checks and fixes a step. Throws `engine.step` naming the operation that cannot be run. */
  /** `sameAs` is equal for steps that are the same: an engine that is shared by runs compiles them once. */
  compile(step: Step, signature: Signature, name: string, sameAs?: string): Promise<Program>;
  /**
   * Takes over arrays as state. Those of a record may be reused afterwards. Those of an iterable are asked for one at a time and
   * given away: a state that fills half of the memory never stands in it twice.
   */
  upload(tensors: Readonly<Record<string, NDArray>> | NamedArrays): Promise<State>;
  /** Copies the state to the host. */
  download(state: State): Promise<Readonly<Record<string, NDArray>>>;
  release(state: State): void;
  /** Memory of the first device, bytes, where it has one of its own. */
  memory?(): { readonly limit: number | undefined };
  dispose(): Promise<void>;
}

/** What `engine:` in the config resolves to. */
export interface EngineOptions {
  readonly name: EngineName | "auto";
  /** CPU threads; 0 leaves the choice to the engine. */
  readonly threads: number;
  /** Where the onnx engine computes; other engines ignore it. Default cpu. */
  readonly provider?: ProviderName;
  /** Whether the onnx engine leaves silent units out of products; other engines never do. Default auto. */
  readonly skip_silent?: SkipSilent;
  /** The xla engine's PJRT plugin, a path; found where it is left out. */
  readonly plugin?: string | undefined;
  /** What the xla engine computes matrix products in. Default float32. */
  readonly precision?: PrecisionName;
  /** How many devices share the batch on the xla engine. Default 1. */
  readonly devices?: number | "all";
  /** Whether the xla engine takes kernels by rule instead of by timing them. Default false. */
  readonly deterministic?: boolean;
  /** The share of a device's memory that the xla engine may take, 0 to 1; left to the plugin where it is left out. */
  readonly memory?: number | undefined;
}
