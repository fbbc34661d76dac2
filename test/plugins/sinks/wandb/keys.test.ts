import { expect } from "chai";
import { histogramText } from "../../../../plugins/sinks/wandb/log/histogram.ts";
import { checkKeys, predictedKeys, summaryRule } from "../../../../plugins/sinks/wandb/log/keys.ts";
import { runIdFrom } from "../../../../plugins/sinks/wandb/login/validation.ts";
import { testRun } from "../../../helpers/rows.ts";
import { thrownBy } from "../../../helpers/thrown.ts";

const metrics = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `s/m${i}`, description: "" }));
const model = (n_layers: number) => ({ ...testRun("/").model, n_layers });

describe("checkKeys", () => {
  it("counts each metric once for every layer, and W&B's own four keys", () => {
    expect(predictedKeys({ metrics: metrics(3), model: model(5) })).to.equal(19);
  });

  it("lets 10 000 keys pass and refuses more, with the numbers and what to do", () => {
    checkKeys({ metrics: metrics(2499), model: model(4) });
    const error = thrownBy(() => checkKeys({ metrics: metrics(2500), model: model(4) }));
    expect(error.code).to.equal("config.invalid");
    expect(error.message).to.match(/at most 10000 keys.*got up to 10004 \(2500 metrics, 4 layers\)\. Leave out/);
  });
});

describe("summaryRule", () => {
  it("takes the first pattern that fits, and `*` for anything", () => {
    const rule = summaryRule({ "train/loss": ["max"], "*/loss": ["min", "last"] });
    expect(rule("train/loss")).to.deep.equal(["max"]);
    expect(rule("eval/loss")).to.deep.equal(["min", "last"]);
    expect(rule("eval/loss_se")).to.deep.equal([]);
    expect(rule("eval.loss")).to.deep.equal([]);
  });
});

describe("histogramText", () => {
  const of = (values: number[], bins: number) => {
    const text = histogramText({ shape: [values.length], data: Float64Array.from(values) }, bins);
    return text === undefined ? undefined : (JSON.parse(text) as { values: number[]; bins: number[] });
  };

  it("counts every finite value once, the greatest in the last bin", () => {
    expect(of([0, 0.5, 1, 2], 2)).to.deep.include({ values: [2, 2], bins: [0, 1, 2] });
    const many = of(
      Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 1e-3),
      512,
    );
    expect(many?.values.reduce((a, b) => a + b)).to.equal(1000);
    expect(many?.bins).to.have.length(513);
  });

  it("gives a single value a bin of its own, and no histogram to nothing finite", () => {
    expect(of([3, 3], 2)).to.deep.include({ values: [0, 2], bins: [2.5, 3, 3.5] });
    expect(of([Number.NaN, Infinity], 4)).to.equal(undefined);
    expect(of([], 4)).to.equal(undefined);
  });

  it("stays whole where the range is beyond what numbers can hold, or below what they can divide", () => {
    for (const values of [
      [-1.7e308, 1.7e308],
      [1e16, 1e16 + 2],
      [0, 5e-324],
      [-3e38, 1, 3e38],
    ]) {
      const found = of(values, 64);
      expect(
        found?.values.reduce((a, b) => a + b),
        String(values),
      ).to.equal(values.length);
      expect(found?.bins.every(Number.isFinite), String(values)).to.equal(true);
    }
  });
});

describe("runIdFrom", () => {
  it("keeps an id that W&B takes, and makes one of any other", () => {
    expect(runIdFrom("20260102-030405-abcd")).to.equal("20260102-030405-abcd");
    expect(runIdFrom("a/b:c")).to.equal("a-b-c");
    expect(runIdFrom("../..")).to.equal("run");
    expect(runIdFrom("x".repeat(500))).to.have.length(128);
  });
});
