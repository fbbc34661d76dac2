import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { openBackend } from "../../../core/engine/backend.ts";
import { counts, firings } from "../../../plugins/analyzers/counts.ts";
import { countsOf, maskOf } from "./masks.ts";

describe("counts", () => {
  before(() => openBackend("cpu"));

  const random = createRandom(1, "counts");
  const values = maskOf(3, 5, 7, () => random.next() < 0.3);
  const activations = () => tf.tensor3d(values.map((s) => s.map((t) => t.map((on) => on * 0.5))));

  it("equals the counts of the mask, as int32", () => {
    const { perSequence, perToken } = counts(tf, activations());
    const expected = countsOf(values);
    expect([...perSequence.dataSync()]).to.deep.equal([...expected.perSequence.data]);
    expect([...perToken.dataSync()]).to.deep.equal([...expected.perToken.data]);
    expect([perSequence.dtype, perToken.dtype]).to.deep.equal(["int32", "int32"]);
  });

  it("counts exactly what is above zero", () => {
    const post = tf.tensor3d([0, -0, -1, 1e-30, 2], [1, 1, 5]);
    expect([...counts(tf, post).perSequence.dataSync()]).to.deep.equal([0, 0, 0, 1, 1]);
  });

  it("computes once for all who ask within a step", async () => {
    const post = activations();
    const kernels = async () => [...(await tf.profile(() => counts(tf, post).perSequence)).kernelNames];
    expect(await kernels()).to.include("Step");
    expect(await kernels()).to.deep.equal(["Identity"]);
  });

  it("computes again when the first asker kept nothing", () => {
    const post = activations();
    tf.tidy(() => {
      counts(tf, post);
    });
    expect([...counts(tf, post).perToken.dataSync()]).to.deep.equal([...countsOf(values).perToken.data]);
  });

  it("leaves nothing behind in a tidy", () => {
    const post = activations();
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      counts(tf, post);
      counts(tf, post);
    });
    expect(tf.memory().numTensors).to.equal(before);
  });
});

describe("firings", () => {
  it("adds counts over sequences", () => {
    const perSequence = { shape: [2, 3], data: Int32Array.of(0, 2, 1, 0, 1, 0) };
    const perToken = { shape: [2, 2], data: Int32Array.of(1, 2, 0, 1) };
    const layer = firings(perSequence, perToken);
    expect([...layer.perUnit]).to.deep.equal([0, 3, 1]);
    expect([...layer.sequences]).to.deep.equal([0, 2, 1]);
    expect([layer.batch, layer.pos, layer.units]).to.deep.equal([2, 2, 3]);
  });
});
