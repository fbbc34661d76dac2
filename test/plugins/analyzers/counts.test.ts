import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { openBackend } from "../../../core/engine/backend.ts";
import { counts, firings } from "../../../plugins/analyzers/counts.ts";
import { withSquares } from "../../../plugins/analyzers/token-sparsity/token-firings.ts";
import {
  addedSquares,
  countUnits,
  packedCounts,
  squaredCounts,
  unpackedCounts,
} from "../../../plugins/analyzers/unit-counts.ts";
import { countsOf, firingsIn, maskOf } from "./masks.ts";

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

describe("counts that are reduced on the device", () => {
  before(() => openBackend("cpu"));
  const random = createRandom(2, "units");
  const host = (tensor: tf.Tensor) => ({ shape: tensor.shape, data: tensor.dataSync() as Int32Array });

  it("are those of the host", () => {
    const mask = maskOf(3, 5, 8, (_, __, i) => random.next() < i / 8);
    const post = tf.tensor3d(mask as number[][][]);
    const expected = firingsIn(mask);
    const { perUnit, sequences } = countUnits(tf, [post]);
    expect([...host(perUnit[0]!).data]).to.deep.equal([...expected.perUnit]);
    expect([...host(sequences[0]!).data]).to.deep.equal([...expected.sequences]);
    expect([...(addedSquares(host(squaredCounts(tf, post))) as Int32Array)]).to.deep.equal([
      ...(withSquares(expected).squares as Float64Array),
    ]);
    const unpacked = unpackedCounts(host(packedCounts(tf, post)), 8);
    for (let b = 0; b < 3; b++) {
      const ofSequence = (counts: typeof unpacked) => [...counts.subarray(8 * b, 8 * (b + 1))].sort();
      expect(ofSequence(unpacked)).to.deep.equal(ofSequence(expected.perSequence));
    }
  });

  it("keep counts of up to 255 in bytes, and others whole", () => {
    for (const [pos, units] of [
      [255, 4],
      [256, 4],
      [3, 5],
    ] as const) {
      const packed = packedCounts(tf, tf.ones([2, pos, units]));
      expect(packed.shape, `${pos} ${units}`).to.deep.equal([2, pos === 255 ? 1 : units]);
      expect([...unpackedCounts(host(packed), units)]).to.deep.equal(new Array(2 * units).fill(pos));
    }
  });

  it("add squares in groups of sequences where one sum would pass 2^31", () => {
    const post = tf.ones([5, 32_000, 1]);
    const squares = host(squaredCounts(tf, post));
    expect(squares.shape).to.deep.equal([3, 1]);
    expect(addedSquares(squares)[0]).to.equal(5 * 32_000 ** 2);
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
