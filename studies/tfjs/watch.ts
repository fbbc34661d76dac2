/** `watch`: looks at the ReLUs of a LayersModel while `model.fit` trains it. */
import type { CustomCallbackArgs, LayersModel, Tensor } from "@tensorflow/tfjs";
import { tf } from "../../core/engine/tensorflow.ts";
import { watcherClosed } from "../../core/errors/errors.ts";
import { layersOf, type WatchedLayer } from "./layers.ts";
import { type ObserveOptions, observe, type Watcher } from "./observe.ts";

/** What to look at, and how often. Analyzers, sinks and the rest come from the rc file where they are left out. */
export interface WatchOptions extends Omit<ObserveOptions, "activations" | "layers" | "parameters"> {
  /** Inputs that stay the same for all looks, as `model.predict` takes them. They remain the caller's. */
  readonly on: Tensor | readonly Tensor[];
  /** Batches of training between looks; default 50. The first look is before training, the last one after it. */
  readonly every?: number;
  /** Names of layers to watch; default those that end in a ReLU. */
  readonly layers?: readonly string[];
}

/** Callbacks for `model.fit`, with the run that they write. */
export interface WatchCallbacks extends CustomCallbackArgs {
  /** The run directory, absolute. */
  readonly dir: string;
  /** Ends the run, for a `fit` that failed; after one that did not, it is ended already. */
  close(failure?: unknown): Promise<void>;
}

/**
 * Makes the callbacks: `await model.fit(xs, ys, { callbacks: await watch(model, { on: probeInputs }) })`. Looking runs the model
 * on `on` as `predict` does and changes nothing: the weights are the same to the last bit as without.
 */
export async function watch(model: LayersModel, options: WatchOptions): Promise<WatchCallbacks> {
  const { on, every = 50, layers: names, ...rest } = options;
  const watched = layersOf(model, names);
  const inner = tf.model({ inputs: model.inputs, outputs: watched.map(({ output }) => output) });
  const inputs = Array.isArray(on) ? [...(on as readonly Tensor[])] : [on as Tensor];
  const activations = () =>
    tf.tidy(() => {
      const outputs = [inner.predictOnBatch(inputs.length === 1 ? inputs[0]! : inputs)].flat() as Tensor[];
      return outputs.map((x, i) => unitsLast(x, watched[i]!));
    });
  const parameters = Object.fromEntries(
    model.weights.map(({ name, shape }) => [name, shape.map((length) => length ?? 0)] as const),
  );
  const watcher = await observe({
    source: model.name,
    ...rest,
    activations,
    layers: watched.map(({ name }) => name),
    parameters,
  });
  return callbacksOf(model, watcher, Math.max(1, every));
}

function callbacksOf(model: LayersModel, watcher: Watcher, every: number): WatchCallbacks {
  let [batches, examples, lastLook] = [0, 0, -1];
  let loss: number | undefined;
  let ended = false;
  const look = async () => {
    lastLook = batches;
    await watcher.look({ step: batches, tokens: examples, ...(loss !== undefined && { loss }) });
  };
  const close = async (failure?: unknown) => {
    ended = true;
    await watcher.close(failure);
  };
  return {
    dir: watcher.dir,
    close,
    onTrainBegin: async () => {
      if (ended) throw watcherClosed(watcher.dir);
      await look();
    },
    onBatchEnd: async (_, logs) => {
      batches++;
      examples += Number(logs?.size ?? 0);
      loss = logs?.loss;
      if (batches % every === 0) await look();
      if (watcher.stopAsked.aborted) model.stopTraining = true;
    },
    onTrainEnd: async () => {
      if (lastLook !== batches) await look();
      await close();
    },
  };
}

/** Units as the last axis. */
function unitsLast(x: Tensor, { channelsFirst }: WatchedLayer): Tensor {
  if (!channelsFirst || x.rank < 3) return x;
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [0, ...axes.slice(2), 1]);
}
