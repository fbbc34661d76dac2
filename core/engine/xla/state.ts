/** State that lives on devices: for each entry one buffer a device, all equal. */

import { internal } from "../../errors/errors.ts";
import type { State, TensorSpecs } from "../engine.ts";
import type { Address } from "./pjrt/memory.ts";

export type Buffers = Map<string, readonly Address[]>;

export interface XlaState extends State {
  /** Undefined once released, or lost to a step that failed. */
  buffers: Buffers | undefined;
}

/** A state over these buffers. */
export function stateOf(specs: TensorSpecs, buffers: Buffers): XlaState {
  return { engine: "xla", specs, buffers };
}

/** The buffers behind a state. */
export function buffersOf(state: State): Buffers {
  const { buffers } = state as XlaState;
  if (state.engine === "xla" && buffers !== undefined) return buffers;
  throw internal("the xla engine was handed a state that it does not hold");
}
