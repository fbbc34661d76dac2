import { expect } from "chai";
import { createRandom, type Random } from "../../core/arrays/random.ts";
import { createGathering, gatheredAnalyses, gatheredMetrics, meanOverTime } from "../../statistics/gathered.ts";

describe("meanOverTime", () => {
  it("takes the error from differences between neighbours: a drift of the whole does not count", () => {
    // 0 1 0 1 0: differences of 1, sum of squares 4, variance 4 / (2 4) = 1/2, of the mean 1/10.
    const found = meanOverTime([0, 1, 0, 1, 0]);
    expect(found.value).to.be.closeTo(0.4, 1e-15);
    expect(found.se).to.be.closeTo(Math.sqrt(0.1), 1e-15);
    expect(found.df).to.be.closeTo(32 / 11, 1e-12);
    const slow = Array.from({ length: 20 }, (_, k) => (k % 2) + 0.05 * k);
    const flat = slow.map((value, k) => value - 0.05 * k);
    expect(meanOverTime(slow).se).to.be.closeTo(meanOverTime(flat).se, 0.01);
  });

  it("has no interval where nothing moves or a value is missing", () => {
    for (const values of [new Array(20).fill(1), [1, 2, Number.NaN, 3]]) {
      const { se, low, high } = meanOverTime(values);
      expect([se, low, high].every(Number.isNaN)).to.equal(true);
    }
  });

  it("covers in 95 % of data sets, with tails and without", () => {
    const tails: Record<string, (random: Random) => number> = {
      normal: (random) => random.normal(),
      exponential: (random) => -Math.log(1 - random.next()) - 1,
      mixed: (random) => (random.next() < 0.08 ? 3 : 0) - 0.24 + 0.5 * random.normal(),
    };
    for (const [label, draw] of Object.entries(tails)) {
      const random = createRandom(71, label);
      // A batch is the mean of 16 sequences.
      const batch = () => Array.from({ length: 16 }, () => draw(random)).reduce((sum, value) => sum + value, 0) / 16;
      let covered = 0;
      for (let k = 0; k < 2000; k++) {
        const { low, high } = meanOverTime(Array.from({ length: gatheredAnalyses }, batch));
        if (low <= 0 && 0 <= high) covered++;
      }
      expect(covered / 2000, label).to.be.within(0.93, 0.97);
    }
  });
});

describe("createGathering", () => {
  it("says nothing until there are enough analyses, keeps the last ones, and goes on from what was saved", () => {
    const [a, b] = [createGathering(), createGathering()];
    for (let k = 1; k < gatheredAnalyses; k++) a.add([k, -k]);
    expect(a.series(0)).to.equal(undefined);
    expect(gatheredMetrics("use", a, 2)).to.deep.equal({});
    b.load(a.save());
    for (const one of [a, b]) for (const k of [gatheredAnalyses, gatheredAnalyses + 1]) one.add([k, -k]);
    expect(a.series(1)).to.deep.equal(Array.from({ length: gatheredAnalyses }, (_, k) => -k - 2));
    expect(b.series(0)).to.deep.equal(a.series(0));
    const { use_mean, use_low, use_high } = gatheredMetrics("use", a, 2);
    expect(use_mean).to.deep.equal([11.5, -11.5]);
    expect(use_low![0]).to.be.below(11.5);
    expect(use_high![0]).to.be.above(11.5);
  });
});
