import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { openBackend } from "../../../core/engine/backend.ts";
import { adamUpdate, clipByGlobalNorm } from "../../../core/step/optimizer.ts";
import { assertClose } from "../../helpers/closeness.ts";

const options = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.5 };

describe("adamUpdate", () => {
  beforeEach(() => openBackend("cpu"));

  const scalars = (step: number) => ({
    lr: tf.scalar(0.1),
    correction1: tf.scalar(1 / (1 - 0.9 ** step)),
    correction2: tf.scalar(1 / (1 - 0.95 ** step)),
  });

  it("moves by the learning rate against the sign at first, and decays matrices only", () => {
    const state = { W: tf.tensor2d([[1, -2]]), b: tf.tensor1d([1, -2]) };
    const moments = Object.fromEntries(
      Object.entries(state).flatMap(([name, x]) => [
        [`adam.m/${name}`, tf.zerosLike(x)],
        [`adam.v/${name}`, tf.zerosLike(x)],
      ]),
    );
    const grads = { W: tf.tensor2d([[3, -0.01]]), b: tf.tensor1d([3, -0.01]) };
    const next = adamUpdate(options, { ...state, ...moments }, grads, scalars(1));
    assertClose(next.W!.dataSync(), [1 * 0.95 - 0.1, -2 * 0.95 + 0.1], 1e-6, "W");
    assertClose(next.b!.dataSync(), [1 - 0.1, -2 + 0.1], 1e-6, "b");
    assertClose(next["adam.m/b"]!.dataSync(), [0.3, -0.001], 1e-6, "m");
    assertClose(next["adam.v/b"]!.dataSync(), [0.45, 0.05 * 1e-4], 1e-6, "v");
  });

  it("keeps the moments of a parameter without gradient out of denormals, and the parameter in place", () => {
    let state: Record<string, tf.Tensor> = {
      b: tf.tensor1d([0.25]),
      "adam.m/b": tf.tensor1d([1e-3]),
      "adam.v/b": tf.tensor1d([1e-6]),
    };
    const read = (name: string) => state[name]!.dataSync()[0]!;
    let settled = Number.NaN;
    for (let step = 1; step <= 3000; step++) {
      state = tf.tidy(() => adamUpdate(options, state, { b: tf.zeros([1]) }, scalars(step)) as typeof state);
      if (step === 1000) settled = read("b");
    }
    const smallestNormal = 2 ** -126;
    expect(Math.abs(read("adam.m/b"))).at.least(smallestNormal);
    expect(read("adam.v/b")).at.least(smallestNormal);
    expect(read("b")).to.equal(settled);
  });
});

describe("clipByGlobalNorm", () => {
  beforeEach(() => openBackend("cpu"));
  const grads = () => ({ a: tf.tensor1d([3]), b: tf.tensor2d([[0, 4]]) });

  it("scales to the limit and gives the norm from before", () => {
    const clipped = clipByGlobalNorm(grads(), 1);
    expect(clipped.norm.dataSync()[0]).closeTo(5, 1e-6);
    assertClose(clipped.grads.a!.dataSync(), [0.6], 1e-6, "a");
    assertClose(clipped.grads.b!.dataSync(), [0, 0.8], 1e-6, "b");
  });

  it("adds a hundred thousand equal squares without losing any", () => {
    const size = 2 ** 8 * 769;
    const ones = { a: tf.fill([256, 769], 0.1) };
    expect(clipByGlobalNorm(ones, 0).norm.dataSync()[0]! / (Math.fround(0.1) * Math.sqrt(size))).closeTo(1, 1e-6);
  });

  it("leaves smaller gradients, and all of them at limit 0, exactly as they are", () => {
    for (const limit of [6, 0]) {
      const { grads: kept, norm } = clipByGlobalNorm(grads(), limit);
      expect([...kept.a!.dataSync(), ...kept.b!.dataSync()]).to.deep.equal([3, 0, 4]);
      expect(norm.dataSync()[0]).closeTo(5, 1e-6);
    }
  });
});
