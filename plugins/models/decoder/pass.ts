/** What one forward pass is made of. */
import type { Tensor } from "@tensorflow/tfjs";
import type { ForwardInputs } from "../../../core/contract/model.ts";
import type { Decoder } from "./shape.ts";

/** Cosines and sines by which queries and keys turn, `[pos width/2]`. */
export interface Turns {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** One pass, with what all its layers share. */
export interface Pass extends ForwardInputs {
  readonly decoder: Decoder;
  readonly batch: number;
  readonly pos: number;
  readonly mask: Tensor;
  readonly turns: Turns | undefined;
  /** `x W_name + b_name` with the parameters under `prefix`. */
  linear(prefix: string, name: string, x: Tensor): Tensor;
}
