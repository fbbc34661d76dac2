/** What one forward pass is made of. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Decoder } from "./shape.ts";
import type { TF } from "./tf.ts";

/** Cosines and sines by which queries and keys turn, `[pos width/2]`. */
export interface Turns {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** What a forward pass is given. */
export interface Inputs {
  readonly tf: TF;
  readonly params: Readonly<Record<string, Tensor>>;
  /** Token ids, int32 `[batch pos]`. */
  readonly tokens: Tensor;
  observe(site: string, value: Tensor): void;
}

/** One pass, with what all its layers share. */
export interface Pass extends Inputs {
  readonly decoder: Decoder;
  readonly batch: number;
  readonly pos: number;
  readonly mask: Tensor;
  readonly turns: Turns | undefined;
  /** `x W_name + b_name` with the parameters under `prefix`. */
  linear(prefix: string, name: string, x: Tensor): Tensor;
}
