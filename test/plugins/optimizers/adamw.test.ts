import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { openBackend } from "../../../core/engine/backend.ts";
import { adamw } from "../../../plugins/optimizers/adamw.ts";
import { assertClose } from "../../helpers/closeness.ts";

const optimizer = adamw.create({} as never, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.5 });

describe("adamw", () => {
  beforeEach(() => openBackend("cpu"));

  const update = (state: Record<string, tf.Tensor>, grads: Record<string, tf.Tensor>, step: number) => {
    const scalars = Object.entries(optimizer.scalars(step)).map(([name, value]) => [name, tf.scalar(value)] as const);
    return optimizer.update({ tf, state, grads, lr: tf.scalar(0.1), scalars: Object.fromEntries(scalars) });
  };

  it("moves by the learning rate against the sign at first, and decays matrices only", () => {
    const state = { W: tf.tensor2d([[1, -2]]), b: tf.tensor1d([1, -2]) };
    const moments = Object.fromEntries(
      Object.entries(state).flatMap(([name, x]) => [
        [`adam.m/${name}`, tf.zerosLike(x)],
        [`adam.v/${name}`, tf.zerosLike(x)],
      ]),
    );
    const grads = { W: tf.tensor2d([[3, -0.01]]), b: tf.tensor1d([3, -0.01]) };
    const next = update({ ...state, ...moments }, grads, 1);
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
      state = tf.tidy(() => update(state, { b: tf.zeros([1]) }, step) as typeof state);
      if (step === 1000) settled = read("b");
    }
    const smallestNormal = 2 ** -126;
    expect(Math.abs(read("adam.m/b"))).at.least(smallestNormal);
    expect(read("adam.v/b")).at.least(smallestNormal);
    expect(read("b")).to.equal(settled);
  });
});
