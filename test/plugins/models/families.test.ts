import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { decodeSafetensors } from "../../../core/arrays/safetensors.ts";
import { configSchema } from "../../../core/config/schema.ts";
import { createEngine, findEngines } from "../../../core/engine/choose.ts";
import type { Engine, Step } from "../../../core/engine/engine.ts";
import { windowLosses } from "../../../core/model/operations.ts";
import { openWeights } from "../../../core/weights/folder.ts";
import { matchWeights } from "../../../core/weights/table.ts";
import { openTorchFile } from "../../../core/weights/torch-file.ts";
import { gptNeox } from "../../../plugins/models/gpt-neox.ts";
import { gpt2 } from "../../../plugins/models/gpt2.ts";
import { llama } from "../../../plugins/models/llama.ts";
import { opt } from "../../../plugins/models/opt.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/models");
const models = [opt, gpt2, gptNeox, llama];

/** Relative to the largest number of its kind, as float32 sums of float64's are. */
const logitsTolerance = 1e-4;
const lossTolerance = 1e-5;
/** A pre-activation so near zero that its sign is rounding. */
const tie = 1e-5;

function modelOf(name: string) {
  const folder = join(fixtures, name);
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as { model_type: string };
  const plugin = models.find(({ published }) => published!.modelTypes.includes(config.model_type))!;
  const options = plugin.published!.options(config) as never;
  const settings = configSchema.parse({}).model;
  const model = plugin.create(options, { settings, d_vocab: 0 });
  const path = join(folder, "expected.safetensors");
  const expected = decodeSafetensors(readFileSync(path), path).arrays;
  return { folder, model, table: plugin.published!.weights(options), expected };
}

for (const engineName of ["cpu", "onnx"] as const) {
  describe(`families of models on the ${engineName} engine against transformers in float64`, () => {
    let engine: Engine;
    before(async function () {
      const found = (await findEngines()).find(({ name }) => name === engineName)!;
      if (!found.available) return this.skip(); // onnx needs onnxruntime-node, which is optional
      engine = await createEngine({ name: engineName, threads: 1 });
    });
    after(() => engine?.dispose());

    for (const name of [
      "opt",
      "opt-post-norm",
      "gpt2",
      "gpt_neox",
      "gpt_neox-sequential",
      "llama-relu",
      "llama-relu2",
      "llama-silu",
      "mistral",
    ]) {
      it(`agrees on logits, loss and the signs of pre-activations of ${name}`, async () => {
        const { folder, model, table, expected } = modelOf(name);
        const shapes = model.parameters;
        const weights = openWeights(folder);
        const matched = matchWeights(weights, table, shapes, folder);
        expect(matched.unused).to.deep.equal([]);
        const state = await engine.upload(matched.parameters());
        weights.close();

        const tokens = expected.tokens as NDArray<Int32Array>;
        const [batch, pos] = tokens.shape as [number, number];
        const step: Step = (params, inputs) => {
          const sites: Record<string, tf.Tensor> = {};
          const observe = (site: string, value: tf.Tensor) => {
            const layer = Object.keys(sites).filter((key) => key.startsWith(`${site}/`)).length;
            if (site === "mlp_pre" || site === "mlp_post") sites[`${site}/${layer}`] = tf.clone(value);
          };
          const logits = model.forward({ tf, params, tokens: inputs.tokens!, observe });
          const predicted = tf.slice(tf.reshape(logits, [batch, pos, -1]), [0, 0, 0], [-1, pos - 1, -1]);
          const targets = tf.slice(inputs.tokens!, [0, 1], [-1, -1]);
          const flat = tf.reshape(predicted, [batch * (pos - 1), -1]);
          return { outputs: { logits, losses: windowLosses(flat, tf.reshape(targets, [-1]), batch), ...sites } };
        };
        const signature = { state: state.specs, inputs: { tokens: { shape: tokens.shape, dtype: "int32" as const } } };
        const program = await engine.compile(step, signature, name);
        const got = await program.run(state, { tokens });
        engine.release(state);
        program.dispose();

        const logits = expected.logits!.data as Float32Array;
        const largest = logits.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const worst = logits.reduce((most, x, i) => Math.max(most, Math.abs(x - got.logits!.data[i]!)), 0);
        expect(worst / largest).to.be.below(logitsTolerance);
        const losses = got.losses!.data as Float32Array;
        const loss = losses.reduce((sum, x) => sum + x, 0) / batch;
        expect(Math.abs(loss - expected.loss!.data[0]!)).to.be.below(lossTolerance);
        for (let layer = 0; layer < model.shape.n_layers; layer++) {
          const pre = expected[`mlp_pre/${layer}`]!.data;
          const mine = got[`mlp_pre/${layer}`]!.data;
          let flipped = 0;
          for (let i = 0; i < pre.length; i++) if (pre[i]! > 0 !== mine[i]! > 0 && Math.abs(pre[i]!) > tie) flipped++;
          expect(flipped, `flipped signs of layer ${layer}`).to.equal(0);
          const post = expected[`mlp_post/${layer}`]!.data as Float32Array;
          const far = post.map((x, i) => Math.abs(x - got[`mlp_post/${layer}`]!.data[i]!));
          expect(Math.max(...far)).to.be.below(1e-3);
        }
      });
    }
  });
}

describe("openTorchFile", () => {
  for (const name of ["opt", "opt-post-norm", "gpt_neox", "llama-relu", "llama-silu", "mistral"]) {
    it(`reads from ${name}'s .bin, bit by bit, what its safetensors hold`, () => {
      const { folder, model, table } = modelOf(name);
      const shapes = model.parameters;
      const safe = openWeights(folder);
      const pickled = openTorchFile(join(folder, "pytorch_model.bin"));
      const [a, b] = [safe, pickled].map((from) =>
        Object.fromEntries(matchWeights(from, table, shapes, folder).parameters()),
      );
      for (const stored of [safe, pickled]) stored.close();
      expect(b).to.deep.equal(a);
    });
  }
});
