import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { openBackend } from "../../../core/engine/backend.ts";
import { clipByGlobalNorm } from "../../../core/step/clip.ts";
import { assertClose } from "../../helpers/closeness.ts";

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
