import type { LayersModel } from "@tensorflow/tfjs";
import { expect } from "chai";
import { z } from "zod";
import { defineAnalyzer } from "../../core/contract/analyzer.ts";
import { quietTensorflow } from "../../core/engine/quiet.ts";
import { tf } from "../../core/engine/tensorflow.ts";
import { readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { observe, watch } from "../../studies/tfjs/index.ts";
import { useTempDir } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";
import { withPlugins } from "../helpers/tiny.ts";

const quiet = { observer: {} };
const analyzers = ["token-sparsity", "batch-union-sparsity"];

/** Numbers from a formula, so that two models can begin the same. */
const filled = (shape: number[], salt: number) => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i * 1.7 + salt)),
    shape,
  );
};

function withFixedWeights<M extends LayersModel>(model: M): M {
  model.setWeights(model.getWeights().map((weights, i) => filled([...weights.shape], i)));
  model.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
  return model;
}

const dense = () =>
  withFixedWeights(
    tf.sequential({
      name: "dense",
      layers: [
        tf.layers.dense({ units: 12, activation: "relu", inputShape: [5], name: "first" }),
        tf.layers.dense({ units: 7, name: "linear" }),
        tf.layers.reLU({ name: "second" }),
        tf.layers.dropout({ rate: 0.5, seed: 3 }),
        tf.layers.dense({ units: 1, name: "last" }),
      ],
    }),
  );

describe("watch", function () {
  this.timeout(60_000);
  const folder = useTempDir();
  before(async () => {
    quietTensorflow();
    await tf.setBackend("cpu");
  });

  const fit = (model: LayersModel, callbacks: object, epochs = 2) => {
    const [xs, ys] = [filled([40, 5], 0), filled([40, 1], 9)];
    return model.fit(xs, ys, { epochs, batchSize: 10, shuffle: false, verbose: 0, callbacks });
  };

  it("looks before training, every so many batches and at the end, and puts rows of a run on record", async () => {
    const on = filled([8, 5], 4);
    const callbacks = await watch(dense(), { on, every: 3, analyzers, cwd: folder(), ...quiet });
    await fit(dense(), {});
    const model = dense();
    const watched = await watch(model, { on, every: 3, analyzers, cwd: folder(), name: "mine", ...quiet });
    await fit(model, watched);
    await callbacks.close(new Error("not used"));
    const { run, state } = readRun(watched.dir);
    expect(state).to.equal("finished");
    expect(run.name).to.equal("mine");
    expect(run.observed).to.deep.include({ architecture: "tfjs", source: "dense" });
    expect(run.model).to.deep.include({ n_layers: 2, d_mlp: 12, n_params: 5 * 12 + 12 + 12 * 7 + 7 + 7 + 1 });
    const { rows } = await readRows(watched.dir);
    expect(rows.map(({ step, tokens }) => [step, tokens])).to.deep.equal([
      [0, 0],
      [3, 30],
      [6, 60],
      [8, 80],
    ]);
    expect(rows[3]!.metrics["fit/loss"]).to.be.a("number");
    // By hand: the share of units above zero on the probe inputs, with the weights as they are now.
    const first = tf.model({ inputs: model.inputs, outputs: model.getLayer("first").output as never });
    const use = tf.mean(tf.step(first.predict(on) as never)).dataSync()[0]!;
    expect(rows[3]!.metrics["token_sparsity/use_token/layer_0"]).to.be.closeTo(use, 1e-6);
  });

  it("changes nothing of training, to the last bit, dropout included, and leaks no tensor", async () => {
    const weightsOf = (model: LayersModel) => model.getWeights().map((weights) => Array.from(weights.dataSync()));
    const [plain, watched] = [dense(), dense()];
    await fit(plain, {});
    const on = filled([8, 5], 4);
    const callbacks = await watch(watched, { on, every: 1, analyzers, cwd: folder(), ...quiet });
    await fit(watched, callbacks);
    expect(weightsOf(watched)).to.deep.equal(weightsOf(plain));
    const again = await watch(watched, { on, every: 1, analyzers, cwd: folder(), ...quiet });
    await again.onTrainBegin?.();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await again.onBatchEnd?.(i, { size: 1 } as never);
    expect(tf.memory().numTensors).to.equal(before);
    await again.close();
  });

  it("takes a place of a convolution as a token and an example as a sequence", async () => {
    const model = withFixedWeights(
      tf.sequential({
        layers: [
          tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: "relu", inputShape: [6, 6, 1], name: "conv" }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3, activation: "relu", name: "head" }),
        ],
      }),
    );
    const on = filled([2, 6, 6, 1], 1);
    const callbacks = await watch(model, { on, analyzers, cwd: folder(), ...quiet });
    await callbacks.onTrainBegin?.();
    await callbacks.close();
    const [row] = (await readRows(callbacks.dir)).rows;
    const inner = tf.model({ inputs: model.inputs, outputs: model.getLayer("conv").output as never });
    const fires = tf.step(inner.predict(on) as never);
    const use = tf.mean(fires).dataSync()[0]!;
    const useSeq = tf.mean(tf.max(tf.reshape(fires, [2, 16, 4]), 1)).dataSync()[0]!;
    expect(row!.metrics["token_sparsity/use_token/layer_0"]).to.be.closeTo(use, 1e-6);
    expect(row!.metrics["batch_union_sparsity/use_seq/layer_0"]).to.be.closeTo(useSeq, 1e-6);
  });

  it("finds ReLUs in functional graphs, TimeDistributed and one-dimensional convolutions", async () => {
    const input = tf.input({ shape: [9, 2] });
    const conv = tf.layers.conv1d({ filters: 5, kernelSize: 2, activation: "relu", name: "conv" }).apply(input);
    const inner = tf.layers.dense({ units: 6, activation: "relu" });
    const timed = tf.layers.timeDistributed({ layer: inner, name: "timed" }).apply(conv);
    const rectified = tf.layers.activation({ activation: "relu", name: "act" }).apply(timed);
    const model = tf.model({ inputs: input, outputs: rectified as never });
    const on = filled([3, 9, 2], 2);
    const callbacks = await watch(model, { on, analyzers, cwd: folder(), ...quiet });
    expect(readRun(callbacks.dir).run.corpus.layers).to.deep.equal(["conv", "timed", "act"]);
    await callbacks.close();
  });

  it("says what cannot be watched", async () => {
    const on = filled([1, 5], 0);
    const linear = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [5], name: "only" })] });
    const message = async (model: LayersModel, options: object) =>
      (await rejectedBy(watch(model, { on, cwd: folder(), ...quiet, ...options }))).message;
    expect(await message(linear, { analyzers })).to.match(/expected layers that end in a ReLU, got only \(Dense\)/);
    expect(await message(dense(), { analyzers, layers: ["frist"] })).to.match(/`frist`: the model has first, linear/);
    expect(await message({} as LayersModel, { analyzers })).to.match(/expected a tf\.LayersModel/);
    expect(await message(dense(), { analyzers: ["token-sparsty"] })).to.match(/unknown analyzer `token-sparsty`/);
    const greedy = defineAnalyzer({
      name: "greedy",
      summary: "Asks for gradients.",
      options: z.strictObject({}),
      sites: ["mlp_post"],
      metrics: { x: "Nothing." },
      setup: () => ({ probe: (_, { grads }) => ({ g: grads.W! }), analyze: () => ({}) }),
    });
    const plugins = withPlugins({ analyzers: [greedy] });
    expect(await message(dense(), { analyzers: ["greedy"], plugins })).to.match(
      /greedy: expected a probe that does without gradients/,
    );
  });

  it("follows deaths with neuron-death, naming once what is absent", async () => {
    const said: string[] = [];
    const observer = { warning: (message: string) => void said.push(message) };
    const model = dense();
    const chosen = { "neuron-death": { window_tokens: 8 } };
    const callbacks = await watch(model, {
      on: filled([8, 5], 4),
      every: 1,
      analyzers: chosen,
      cwd: folder(),
      observer,
    });
    await fit(model, callbacks);
    const { rows } = await readRows(callbacks.dir);
    expect(rows.at(-1)!.metrics["neuron_death/dead/layer_0"]).to.be.within(0, 1);
    expect(said.filter((message) => message.startsWith("neuron-death:"))).to.have.length(2);
  });
});

describe("observe", function () {
  this.timeout(60_000);
  const folder = useTempDir();
  before(async () => {
    quietTensorflow();
    await tf.setBackend("cpu");
  });

  it("watches any loop that hands over activations", async () => {
    let shift = 0;
    const activations = () =>
      tf.tidy(() => [tf.relu(tf.add(filled([2, 3, 4], 0), shift)), tf.relu(filled([2, 3, 4], 1))]);
    const watcher = await observe({ activations, analyzers, cwd: folder(), ...quiet });
    const before = tf.memory().numTensors;
    const first = await watcher.look({ step: 10, tokens: 60, loss: 0.5 });
    shift = 10;
    const second = await watcher.look({ step: 20, tokens: 120 });
    expect(tf.memory().numTensors).to.equal(before);
    expect(first["token_sparsity/use_token/layer_0"]).to.be.below(1);
    expect(second["token_sparsity/use_token/layer_0"]).to.equal(1);
    expect((await rejectedBy(watcher.look({ step: 20 }))).message).to.match(/expected a step after 20, got 20/);
    const result = await watcher.close();
    expect(result!.outcome.state).to.equal("finished");
    expect((await rejectedBy(watcher.look({ step: 30 }))).message).to.match(/this run is ended/);
    expect((await readRows(watcher.dir)).rows.map(({ step }) => step)).to.deep.equal([10, 20]);
  });

  it("keeps a failure of the loop on record", async () => {
    const watcher = await observe({
      activations: () => [tf.relu(filled([2, 4], 0))],
      analyzers,
      cwd: folder(),
      ...quiet,
    });
    await watcher.look({ step: 1 });
    await watcher.close(new Error("the loop broke"));
    expect(readRun(watcher.dir).state).to.equal("failed");
    expect(readRun(watcher.dir).run.attempts[0]!.outcome!.reason).to.equal("the loop broke");
  });
});
