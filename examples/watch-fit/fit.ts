/** A model that TensorFlow.js trains by itself, watched while it does: `watch` makes the callbacks. */
import * as tf from "@tensorflow/tfjs";
import { type WatchOptions, watch } from "reluscope/tfjs";

const [points, hidden] = [512, 64];

/** Learns `sin(3 x) y` from points in a square; resolves to the run directory. */
export async function fit(epochs: number, options: Partial<WatchOptions> = {}): Promise<string> {
  const model = tf.sequential({
    name: "two hidden layers",
    layers: [
      tf.layers.dense({ units: hidden, activation: "relu", inputShape: [2] }),
      tf.layers.dense({ units: hidden, activation: "relu" }),
      tf.layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
  const xs = tf.randomUniform([points, 2], -1, 1, "float32", 1);
  const ys = tf.tidy(() => {
    const [x, y] = tf.split(xs, 2, 1) as [tf.Tensor, tf.Tensor];
    return tf.mul(tf.sin(tf.mul(x, 3)), y);
  });
  const probe = tf.randomUniform([64, 2], -1, 1, "float32", 2);

  const callbacks = await watch(model, {
    on: probe,
    every: 20,
    analyzers: ["token-sparsity", "batch-union-sparsity"],
    sinks: ["json"],
    ...options,
  });
  await model.fit(xs, ys, { epochs, batchSize: 32, verbose: 0, callbacks });
  return callbacks.dir;
}
