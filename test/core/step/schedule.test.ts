import { expect } from "chai";
import { configSchema } from "../../../core/config/schema.ts";
import { learningRate } from "../../../core/step/schedule.ts";

describe("learningRate", () => {
  const config = (train: object) => configSchema.parse({ train: { steps: 110, lr: 2, min_lr: 0.1, ...train } }).train;

  it("rises linearly over the warm-up, then falls along half a cosine to min_lr", () => {
    const train = config({ warmup_steps: 10 });
    expect(learningRate(train, 1)).closeTo(0.2, 1e-12);
    expect(learningRate(train, 10)).closeTo(2, 1e-12);
    expect(learningRate(train, 60)).closeTo(1.1, 1e-12);
    expect(learningRate(train, 110)).closeTo(0.2, 1e-12);
  });

  it("starts near the peak without a warm-up and stays at min_lr past the end", () => {
    const train = config({ warmup_steps: 0 });
    expect(learningRate(train, 1)).within(1.99, 2);
    expect(learningRate(train, 500)).closeTo(0.2, 1e-12);
  });

  it("stays finite when the warm-up is the whole run", () => {
    const train = config({ warmup_steps: 110 });
    expect(learningRate(train, 110)).to.equal(2);
    expect(learningRate(train, 111)).closeTo(0.2, 1e-12);
  });
});
