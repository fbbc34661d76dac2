/** One look at every ReLU of a model that is trained already. */
import * as tf from "@tensorflow/tfjs";
import { type ObserveOptions, observe } from "reluscope/tfjs";

/** What is learned of it. */
export interface Looked {
  /** The run directory. */
  readonly dir: string;
  /** Names of the ReLUs, first to last. */
  readonly layers: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** Looks at `model` on `pictures` `[batch height width channels]`. */
export async function look(
  model: tf.LayersModel,
  pictures: tf.Tensor,
  options: Partial<ObserveOptions> = {},
): Promise<Looked> {
  const relus = model.layers.filter((layer) => layer.getClassName() === "ReLU");
  const layers = relus.map(({ name }) => name);
  const inner = tf.model({ inputs: model.inputs, outputs: relus.map(({ output }) => output as tf.SymbolicTensor) });
  const watcher = await observe({
    activations: () => inner.predict(pictures) as tf.Tensor[],
    layers,
    source: model.name,
    analyzers: ["token-sparsity", "batch-union-sparsity"],
    sinks: ["json"],
    ...options,
  });
  const metrics = await watcher.look({ step: 0 });
  await watcher.close();
  return { dir: watcher.dir, layers, metrics };
}

/** Flat grey, a gradient, stripes and noise: `[4 side side 3]`, values from 0 to 1. */
export function pictures(side: number): tf.Tensor {
  return tf.tidy(() => {
    const across = tf.tile(tf.reshape(tf.linspace(0, 1, side), [1, side, 1]), [side, 1, 3]);
    const stripes = tf.cast(tf.greater(tf.sin(tf.mul(across, 60)), 0), "float32");
    const noise = tf.randomUniform([side, side, 3], 0, 1, "float32", 1);
    return tf.stack([tf.fill([side, side, 3], 0.5), across, stripes, noise]);
  });
}
