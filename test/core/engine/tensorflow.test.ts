import * as imported from "@tensorflow/tfjs";
import { expect } from "chai";
import { tf } from "../../../core/engine/tensorflow.ts";

describe("tf", () => {
  it("is the copy that a plugin imports, so that tensors of one are tensors of the other", () => {
    expect(tf.Tensor).to.equal(imported.Tensor);
    expect(tf.engine()).to.equal(imported.engine());
  });
});
