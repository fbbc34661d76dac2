/** The main thread's handle on a state that lives in ONNX Runtime's thread. */
import { internal } from "../../errors/errors.ts";
import type { State } from "../engine.ts";
import { specOf } from "../spec.ts";
import type { HostTensors } from "./host-calls.ts";

export interface OnnxState extends State {
  /** Undefined once released. */
  handle: number | undefined;
}

/** A handle on arrays that were sent over. */
export function stateOf(tensors: HostTensors, handle: number): OnnxState {
  const specs = Object.fromEntries(Object.entries(tensors).map(([name, array]) => [name, specOf(array)]));
  return { engine: "onnx", specs, handle };
}

/** The number that stands for a state over there. */
export function handleOf(state: State): number {
  const { handle } = state as OnnxState;
  if (state.engine === "onnx" && handle !== undefined) return handle;
  throw internal("the onnx engine was handed a state that it does not hold");
}

/** The arrays cut out of larger buffers: sending a view would send the whole buffer. */
export function ownCopies(tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      const whole = data.byteLength === data.buffer.byteLength;
      return [name, { shape: [...shape], data: whole ? data : data.slice() }];
    }),
  );
}
