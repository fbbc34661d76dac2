import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { openBackend } from "../../core/engine/backend.ts";
import { readRows } from "../../core/record/reader.ts";
import { fit } from "../../examples/watch-fit/fit.ts";
import { command } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixture = (name: string) => join(root, "test/fixtures/models", name);
/** A little of a corpus that takes no time, and few positions: the models of the tests have 32. */
const small = ["--set", 'data.corpus={"text":{"files":"corpus/*.txt"}}', "--n-ctx", "16", "--set", "eval.windows=8"];

describe("the examples of observed runs", function () {
  this.timeout(120_000);
  const dir = useTempDir();

  it("observe-model looks at a folder from Hugging Face", async () => {
    writeTiny(dir());
    cpSync(join(root, "examples/observe-model/observe.yaml"), join(dir(), "observe.yaml"));
    const args = ["observe", fixture("opt"), "--config", "observe.yaml", ...small];
    const { code, stdout, stderr } = await command(args, { cwd: dir() });
    expect(code, stderr).to.equal(0);
    expect(stdout)
      .to.match(/^layer +use_token/)
      .and.to.match(/perplexity \d+/);
    expect(stderr).to.match(/one look at opt/);
  });

  it("observe-history looks at a folder of steps", async () => {
    writeTiny(dir());
    cpSync(join(root, "examples/observe-history/observe.yaml"), join(dir(), "observe.yaml"));
    for (const step of [0, 512, 1000])
      cpSync(fixture("gpt_neox"), join(dir(), `pythia/step${step}`), { recursive: true });
    const args = ["observe", "pythia", "--config", "observe.yaml", ...small];
    const { code, stdout, stderr } = await command(args, { cwd: dir() });
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/finished at step 1000/);
    expect(stderr).to.match(/gelu is never exactly zero/);
    const { rows } = await readRows(onlyRun(dir()));
    expect(rows.map(({ step, tokens }) => [step, tokens])).to.deep.equal([
      [0, 0],
      [512, 512 * 2_097_152],
      [1000, 1000 * 2_097_152],
    ]);
  });

  it("watch-fit is watched from the first batch to the last", async () => {
    const run = await fit(2, { cwd: dir(), observer: {} });
    const { rows } = await readRows(run);
    expect(rows.map(({ step }) => step)).to.deep.equal([0, 20, 32]);
    expect(rows[2]!.metrics["token_sparsity/use_token/layer_1"]).to.be.within(0, 1);
  });

  it("watch-trained looks at real weights: a MobileNetV2 from npm", async function () {
    if (!existsSync(join(root, "node_modules/nsfwjs"))) {
      this.test!.title += " (skipped: `npm install --no-save nsfwjs@4.4.0` un-skips it)";
      this.skip();
    }
    const { look, pictures } = await import("../../examples/watch-trained/look.ts");
    const { trainedModel } = await import("../../examples/watch-trained/model.ts");
    await openBackend("wasm");
    await tf.setBackend("wasm");
    const model = await trainedModel();
    const images = pictures(224);
    const { dir: run, layers, metrics } = await look(model, images, { cwd: dir() });
    expect(layers).to.have.length(35);
    const last = tf.model({ inputs: model.inputs, outputs: model.getLayer(layers[34]!).output as tf.SymbolicTensor });
    const share = tf.tidy(() => tf.mean(tf.step(last.predict(images) as tf.Tensor)).dataSync()[0]!);
    expect(metrics["token_sparsity/use_token/layer_34"]).to.be.closeTo(share, 1e-6);
    // What tells a trained network from fresh weights, which fire half of the time everywhere.
    expect(share).to.be.below(0.1);
    expect(metrics["token_sparsity/use_token/layer_0"]).to.be.above(0.5);
    expect((await readRows(run)).rows).to.have.length(1);
    tf.dispose(images);
    model.dispose();
  });
});
