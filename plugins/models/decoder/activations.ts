/** Activations of MLPs. */
import type { Tensor } from "@tensorflow/tfjs";
import type { TF } from "./tf.ts";

/** Whether zero is its value for everything below zero, so that "fires" needs no threshold. */
export const exactlyZero = { relu: true, relu2: true, gelu: false, gelu_tanh: false, silu: false } as const;
export type ActivationName = keyof typeof exactlyZero;

/** Hugging Face's names for them (`hidden_act`, `activation_function`). */
export const hubNames: Readonly<Record<string, ActivationName>> = {
  relu: "relu",
  relu2: "relu2",
  gelu: "gelu",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  silu: "silu",
  swish: "silu",
};

/** The activation of each element. */
export function activated(tf: TF, name: ActivationName, x: Tensor): Tensor {
  switch (name) {
    case "relu":
      return tf.relu(x);
    case "relu2": // arXiv 2109.08668
      return tf.square(tf.relu(x));
    case "gelu": // `x/2 (1 + erf(x / sqrt 2))`, arXiv 1606.08415
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    case "gelu_tanh": {
      // `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`, the same paper's approximation
      const cubic = tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715), 1));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
    }
    case "silu": // `x sigmoid(x)`, arXiv 1702.03118
      return tf.mul(x, tf.sigmoid(x));
    default:
      throw name satisfies never;
  }
}
