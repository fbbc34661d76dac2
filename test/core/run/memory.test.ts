import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import { useTempDir } from "../../helpers/temp.ts";
import { tinyConfig, trainTiny } from "../../helpers/tiny.ts";

describe("training for 60 steps", () => {
  const dir = useTempDir();

  for (const engine of ["wasm", "onnx"]) {
    it(`keeps the number of tensors flat, with evaluation, checkpoints and analyzers, on ${engine}`, async () => {
      const counts: number[] = [];
      const observer = {
        step: ({ step }: { step: number }) => {
          if (step % 20 === 0) counts.push(tf.memory().numTensors);
        },
      };
      const before = tf.memory().numTensors;
      const train = { ...tinyConfig.train, steps: 60 };
      const analyzers = { ...tinyConfig.analyzers, "neuron-death": { frozen_every: 10 }, "layer-contrast": {} };
      await trainTiny(dir(), {
        changes: { engine, train, analyzers, checkpoint: { every: 20 }, eval: { every: 20 } },
        observer,
      });
      expect(new Set(counts)).to.have.property("size", 1);
      expect(counts).to.have.length(3);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
