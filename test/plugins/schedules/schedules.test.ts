import { expect } from "chai";
import { configSchema } from "../../../core/config/schema.ts";
import type { Schedule } from "../../../core/contract/schedule.ts";
import { constant } from "../../../plugins/schedules/constant.ts";
import { inverseSqrt } from "../../../plugins/schedules/inverse-sqrt.ts";
import { linearCosine } from "../../../plugins/schedules/linear-cosine.ts";
import { wsd } from "../../../plugins/schedules/wsd.ts";

const rateOf = (schedule: Schedule, train: object, options: object = {}) => {
  const settings = configSchema.parse({ train: { steps: 110, lr: 2, min_lr: 0.1, ...train } }).train;
  return schedule.create(schedule.options.parse(options) as never, settings);
};

describe("linearCosine", () => {
  it("rises linearly over the warm-up, then falls along half a cosine to min_lr", () => {
    const rate = rateOf(linearCosine, { warmup_steps: 10 });
    expect(rate(1)).closeTo(0.2, 1e-12);
    expect(rate(10)).closeTo(2, 1e-12);
    expect(rate(60)).closeTo(1.1, 1e-12);
    expect(rate(110)).closeTo(0.2, 1e-12);
  });

  it("starts near the peak without a warm-up and stays at min_lr past the end", () => {
    const rate = rateOf(linearCosine, { warmup_steps: 0 });
    expect(rate(1)).within(1.99, 2);
    expect(rate(500)).closeTo(0.2, 1e-12);
  });

  it("stays finite when the warm-up is the whole run", () => {
    const rate = rateOf(linearCosine, { warmup_steps: 110 });
    expect(rate(110)).to.equal(2);
    expect(rate(111)).closeTo(0.2, 1e-12);
  });
});

describe("constant", () => {
  it("warms up and stays", () => {
    const rate = rateOf(constant, { warmup_steps: 10 });
    expect([5, 10, 11, 110].map(rate)).to.deep.equal([1, 2, 2, 2]);
  });
});

describe("wsd", () => {
  it("stays at the peak until the last steps, and ends at min_lr", () => {
    const rate = rateOf(wsd, { warmup_steps: 10, steps: 100 }, { decay_share: 0.2 });
    expect([5, 10, 80].map(rate)).to.deep.equal([1, 2, 2]);
    expect(rate(90)).closeTo(1.1, 1e-12);
    expect(rate(100)).closeTo(0.2, 1e-12);
  });

  it("falls from the end of the warm-up at most", () => {
    const rate = rateOf(wsd, { warmup_steps: 90, steps: 100 }, { decay_share: 0.5 });
    expect(rate(90)).to.equal(2);
    expect(rate(100)).closeTo(0.2, 1e-12);
  });
});

describe("inverseSqrt", () => {
  it("falls with the root of the step, whatever the length of the run", () => {
    for (const steps of [110, 1000]) {
      const rate = rateOf(inverseSqrt, { warmup_steps: 25, steps });
      expect([25, 100].map(rate)).to.deep.equal([2, 1]);
    }
  });
});
