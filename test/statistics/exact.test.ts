import { expect } from "chai";
import { createRandom } from "../../core/arrays/random.ts";
import { effectiveUnits, gini, unitsForShare } from "../../statistics/concentration.ts";
import { arcsine, cohensH, logit } from "../../statistics/effects.ts";
import { jackknife } from "../../statistics/jackknife.ts";
import { mean, quantile, sorted, variance } from "../../statistics/moments.ts";
import { fleissKappa, groupsByScore, overlap } from "../../statistics/overlap.ts";
import { absences, expectedUnion, samplesFor } from "../../statistics/rarefaction.ts";
import { chao } from "../../statistics/richness.ts";
import { pagesL, ranks, signFlip, spearmanWithOrder } from "../../statistics/seeds.ts";
import { incompleteBeta, logGamma, normalCdf, studentCdf, studentQuantile } from "../../statistics/special.ts";
import { tallyOf } from "../../statistics/tally.ts";

/** All subsets of `size` of the numbers below `n`. */
function subsets(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  if (size > n) return [];
  return [...subsets(n - 1, size), ...subsets(n - 1, size - 1).map((subset) => [...subset, n - 1])];
}

describe("rarefaction", () => {
  const random = createRandom(3, "rarefaction");
  const tokens = Array.from({ length: 9 }, () => Array.from({ length: 6 }, (_, i) => random.next() < 0.12 * (i + 0.5)));
  const counts = Array.from({ length: 6 }, (_, i) => tokens.filter((token) => token[i]).length);
  const tally = tallyOf(counts, 9);

  it("equals the mean union over all subsets of tokens", () => {
    for (let n = 0; n <= 9; n++) {
      const all = subsets(9, n).map((subset) => counts.filter((_, i) => subset.some((t) => tokens[t]![i])).length / 6);
      expect(expectedUnion(tally, 9, n)).to.be.closeTo(mean(all), 1e-12);
    }
  });

  it("gives 1 for a unit that too few samples lack, and keeps its precision at thousands of samples", () => {
    expect([...absences(4, 3, 4)]).to.deep.equal([1, 0.25, 0, 0, 0]);
    // C(8192 - 3, 4096) / C(8192, 4096) = 4096 4095 4094 / (8192 8191 8190)
    expect(absences(8192, 4096, 3)[3]).to.be.closeTo((4096 * 4095 * 4094) / (8192 * 8191 * 8190), 1e-15);
  });

  it("recovers a union that plugged-in frequencies miss", () => {
    // 300 units: 84 never fire, 216 fire once in 216 tokens. At n = N the union is 216.
    const once = tallyOf([...Array(84).fill(0), ...Array(216).fill(1)], 216);
    expect(300 * expectedUnion(once, 216, 216)).to.be.closeTo(216, 1e-10);
    expect(216 * (1 - (1 - 1 / 216) ** 216)).to.be.lessThan(138);
  });

  it("finds the fewest samples that reach a share of the union", () => {
    for (const share of [0.3, 0.5, 0.95]) {
      const n = samplesFor(tally, 9, share);
      const goal = share * expectedUnion(tally, 9, 9);
      expect(expectedUnion(tally, 9, n)).to.be.at.least(goal - 1e-12);
      expect(expectedUnion(tally, 9, n - 1)).to.be.lessThan(goal);
    }
    expect(samplesFor(tallyOf([0, 0], 5), 5, 0.5)).to.be.NaN;
  });
});

describe("concentration", () => {
  const random = createRandom(4, "concentration");
  const counts = Array.from({ length: 40 }, () => Math.floor(20 * random.next() ** 3));
  const tally = tallyOf(counts, 20);
  const total = counts.reduce((a, b) => a + b);

  it("gini is half the relative mean difference", () => {
    const differences = counts.flatMap((a) => counts.map((b) => Math.abs(a - b)));
    expect(gini(tally)).to.be.closeTo(mean(differences) / 2 / (total / 40), 1e-12);
    expect(gini(tallyOf([3, 3, 3], 5))).to.be.closeTo(0, 1e-15);
    expect(gini(tallyOf([0, 0, 0, 7], 7))).to.be.closeTo(3 / 4, 1e-15);
  });

  it("unitsForShare counts units from the busiest down", () => {
    const falling = [...counts].sort((a, b) => b - a);
    let [sum, k] = [0, 0];
    while (sum + falling[k]! < total / 2) sum += falling[k++]!;
    expect(unitsForShare(tally, 0.5)).to.be.closeTo((k + (total / 2 - sum) / falling[k]!) / 40, 1e-15);
    expect(unitsForShare(tallyOf([0, 0], 3), 0.5)).to.be.NaN;
  });

  it("effectiveUnits is the number of units when all are equal", () => {
    expect(effectiveUnits(tallyOf([2, 2, 2, 0], 4))).to.equal(3);
    expect(effectiveUnits(tally)).to.be.closeTo(total ** 2 / counts.reduce((sum, c) => sum + c * c, 0), 1e-12);
  });
});

describe("chao", () => {
  it("adds what singletons and doubletons imply", () => {
    // 4 samples, Q1 = 3, Q2 = 1: 5 seen + 3/4 x 3 x 2 / (2 x 2)
    expect(chao(tallyOf([0, 0, 1, 1, 1, 2, 4], 4), 4)).to.equal(5 + 0.75 * 1.5);
  });
});

describe("special functions", () => {
  it("agree with closed forms", () => {
    expect(logGamma(0.5)).to.be.closeTo(Math.log(Math.PI) / 2, 1e-13);
    expect(logGamma(11)).to.be.closeTo(Math.log(3628800), 1e-12);
    expect(incompleteBeta(0.3, 2, 3)).to.be.closeTo(6 * 0.09 - 8 * 0.027 + 3 * 0.0081, 1e-13);
    expect(studentCdf(1, 1)).to.be.closeTo(0.75, 1e-13);
    expect(studentCdf(-Math.SQRT2, 2)).to.be.closeTo(0.5 - Math.SQRT2 / (2 * 2), 1e-13);
    expect(normalCdf(0)).to.equal(0.5);
  });
  it("agree with tables", () => {
    expect(studentQuantile(0.975, 5)).to.be.closeTo(2.570581835636314, 1e-9);
    expect(studentQuantile(0.975, 15)).to.be.closeTo(2.131449545559323, 1e-9);
    expect(normalCdf(1.959963984540054)).to.be.closeTo(0.975, 1e-12);
    expect(normalCdf(-5)).to.be.closeTo(2.866515718791939e-7, 1e-18);
  });
});

describe("jackknife", () => {
  it("of a mean is its textbook error", () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const without = values.map((_, k) => mean(values.filter((_, i) => i !== k)));
    const { se, low, value } = jackknife(mean(values), without);
    expect(se).to.be.closeTo(Math.sqrt(variance(values) / 8), 1e-12);
    expect(low).to.be.closeTo(value - 2.364624251592785 * se, 1e-9);
  });
});

describe("effects", () => {
  it("give the paper's first and last layer the sizes of its per-batch use", () => {
    expect(logit(0.956) - logit(0.133)).to.be.closeTo(4.95, 0.01);
    expect(cohensH(0.133, 0.956)).to.be.closeTo(1.97, 0.01);
  });
  it("give no log odds to shares of 0 and 1, whose size would be the layer's width, and a finite arcsine", () => {
    expect([logit(0), logit(1)].every(Number.isNaN)).to.equal(true);
    expect([arcsine(0), arcsine(1)]).to.deep.equal([0, Math.PI]);
  });
});

describe("tests across seeds", () => {
  it("signFlip counts the sign patterns that are as extreme", () => {
    expect(signFlip([1, 2, 3, 4, 5, 6])).to.equal(2 / 64);
    expect(signFlip([1, 2, 3, 4, 5])).to.equal(2 / 32);
    expect(signFlip([1, 1, -1])).to.equal(1);
  });
  it("pagesL equals its definition, with the exact mean and variance over all orders", () => {
    expect(
      pagesL([
        [1, 2, 3],
        [2, 4, 9],
      ]).l,
    ).to.equal(28);
    const orders = [
      [1, 2, 3],
      [1, 3, 2],
      [2, 1, 3],
      [2, 3, 1],
      [3, 1, 2],
      [3, 2, 1],
    ];
    const all = orders.flatMap((a) => orders.map((b) => pagesL([a, b])));
    expect(mean(all.map(({ z }) => z))).to.be.closeTo(0, 1e-12);
    expect((variance(all.map(({ z }) => z)) * 35) / 36).to.be.closeTo(1, 1e-12);
  });
  it("ranks share ties, and spearman sees the order", () => {
    expect(ranks([5, 1, 5, 2])).to.deep.equal([3.5, 1, 3.5, 2]);
    expect(spearmanWithOrder([1, 4, 9, 16])).to.be.closeTo(1, 1e-15);
    expect(spearmanWithOrder([4, 1, 1, 4])).to.be.closeTo(0, 1e-15);
  });
});

describe("overlap", () => {
  it("has the mean and variance of all pairs of sets", () => {
    const [m, a, b] = [7, 3, 4];
    const first = new Set([0, 2, 5]);
    const both = subsets(m, b).map((set) => set.filter((member) => first.has(member)).length);
    const { expected, z, observed } = overlap([{ members: m, a, b, both: 3 }]);
    expect(expected).to.be.closeTo(mean(both), 1e-12);
    expect(((observed - expected) / z) ** 2).to.be.closeTo((variance(both) * (both.length - 1)) / both.length, 1e-12);
  });
  it("vanishes within strata when the stratum decides", () => {
    // Both sets are the 10 rare members of 100: everything within stratum one, nothing within the other.
    const plain = overlap([{ members: 100, a: 10, b: 10, both: 10 }]);
    const strata = overlap([
      { members: 10, a: 10, b: 10, both: 10 },
      { members: 90, a: 0, b: 0, both: 0 },
    ]);
    expect(plain.lift).to.equal(10);
    expect(strata.lift).to.equal(1);
  });
  it("groups by score evenly", () => {
    expect(groupsByScore([0, 1, 2, 3, 4], (i) => -i, 2)).to.deep.equal([
      [4, 3],
      [2, 1, 0],
    ]);
  });
  it("fleissKappa is 1 for agreement and 0 for chance", () => {
    expect(fleissKappa([3, 0, 3, 0], 3)).to.equal(1);
    expect(fleissKappa([0, 1, 1, 2], 2)).to.be.closeTo(0, 1e-15);
  });
});

describe("order statistics", () => {
  it("quantile interpolates", () => expect(quantile(sorted([4, 1, 3, 2]), 0.5)).to.equal(2.5));
});
