import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { growthPoints, unionGrowth } from "../../../plugins/analyzers/batch-union-sparsity/growth.ts";
import { createPast } from "../../../plugins/analyzers/batch-union-sparsity/past.ts";
import { unionUse } from "../../../plugins/analyzers/batch-union-sparsity/union-use.ts";
import { mean } from "../../../statistics/moments.ts";
import { clusteredFirings, firingsIn, type Mask, maskOf } from "./masks.ts";

describe("batch-union-sparsity", () => {
  it("counts a unit once a sequence and once a batch", () => {
    // Every token fires one unit of its own within the sequence; both sequences share units 0..3, unit 4 never fires.
    const use = unionUse(firingsIn(maskOf(2, 4, 5, (_, t, i) => i === t)));
    expect([use.use_token, use.use_seq, use.use_batch]).to.deep.equal([1 / 5, 4 / 5, 4 / 5]);
    expect([use.seq_over_token, use.batch_over_seq, use.batch_over_token]).to.deep.equal([4, 1, 4]);
    expect([use.seq_overlap, use.seq_jaccard, use.only_one_seq]).to.deep.equal([4 / 5, 1, 0]);
    // Units fire twice among 8 tokens: U(4) = 4/5 (1 - C(6,4)/C(8,4))
    expect(use.use_seq_shuffled).to.be.closeTo((4 / 5) * (1 - 15 / 70), 1e-12);
  });

  it("separates sequences that share units from sequences that do not", () => {
    const use = unionUse(firingsIn(maskOf(2, 4, 8, (b, t, i) => i === 4 * b + t)));
    expect([use.use_token, use.use_seq, use.use_batch]).to.deep.equal([1 / 8, 1 / 2, 1]);
    expect([use.seq_overlap, use.seq_jaccard, use.only_one_seq]).to.deep.equal([0, 0, 1]);
    expect([use.seq_singletons, use.seq_doubletons]).to.deep.equal([8, 0]);
    expect(use.unsaturated).to.be.closeTo(Math.LN2, 1e-15);
  });

  it("agrees with unions counted pair by pair", () => {
    const random = createRandom(21, "pairs");
    const mask: Mask = maskOf(5, 6, 12, (_, __, i) => random.next() < 0.01 * i);
    const sets = mask.map((rows) => new Set(rows.flatMap((row) => row.flatMap((on, i) => (on ? [i] : [])))));
    const pairs = sets.flatMap((a, j) => sets.slice(j + 1).map((b) => [...a].filter((i) => b.has(i)).length));
    const use = unionUse(firingsIn(mask));
    expect(use.seq_overlap).to.be.closeTo(mean(pairs) / 12, 1e-12);
    expect(use.use_seq).to.be.closeTo(mean(sets.map((set) => set.size)) / 12, 1e-12);
    expect(use.seq_jaccard).to.be.closeTo(mean(pairs) / (2 * mean(sets.map((set) => set.size)) - mean(pairs)), 1e-12);
  });

  it("estimates the dead from the units that one and two sequences use", () => {
    // 200 units of which 80 never fire; the others fire rarely enough that a batch misses some.
    const random = createRandom(22, "chao");
    const size = { batch: 32, pos: 4, units: 200 };
    const found = Array.from({ length: 40 }, () => {
      const use = unionUse(clusteredFirings(random, size, (i) => (i < 80 ? 0 : 0.015)));
      return [1 - use.use_batch, use.dead_hat] as const;
    });
    expect(mean(found.map(([silent]) => silent))).to.be.greaterThan(0.47);
    expect(mean(found.map(([, dead]) => dead))).to.be.closeTo(0.4, 0.02);
  });

  it("reports growth at doublings of tokens and of sequences", () => {
    expect(growthPoints(3, 6)).to.deep.equal([1, 2, 4, 6, 12, 18]);
    const mask = maskOf(3, 6, 9, (b, t, i) => (b + t * i) % 7 === 0);
    const layer = firingsIn(mask);
    const { shape, data } = unionGrowth(layer);
    const row = (r: number) => [...data.slice(r * shape[1]!, (r + 1) * shape[1]!)];
    const use = unionUse(layer);
    expect(row(0)).to.deep.equal([1, 2, 4, 6, 12, 18]);
    expect(row(1)[0]).to.be.closeTo(use.use_token, 1e-7);
    expect(row(1)[3]).to.be.closeTo(use.use_seq_shuffled, 1e-7);
    expect(row(1)[5]).to.be.closeTo(use.use_batch, 1e-7);
    expect(row(2)[3]).to.be.closeTo(use.use_seq_naive, 1e-7);
    expect(row(3).map(Number.isNaN)).to.deep.equal([false, true, true, false, false, false]);
    expect(row(3)[3]).to.be.closeTo(use.use_seq, 1e-7);
    const sets = mask.map((rows) => new Set(rows.flatMap((r) => r.flatMap((on, i) => (on ? [i] : [])))));
    const twos = [
      [0, 1],
      [0, 2],
      [1, 2],
    ].map(([a, b]) => new Set([...sets[a!]!, ...sets[b!]!]).size / 9);
    expect(row(3)[4]).to.be.closeTo(mean(twos), 1e-7);
  });

  describe("cluster index", () => {
    const size = { batch: 16, pos: 8, units: 40 };
    const rate = (i: number) => 0.004 * (i + 1);

    it("is 1 on average for independent tokens", () => {
      const random = createRandom(23, "null");
      const found = Array.from({ length: 500 }, () => unionUse(clusteredFirings(random, size, rate)).cluster_index);
      expect(mean(found)).to.be.closeTo(1, 0.005);
    });

    it("is below 1 when sequences keep to units of their own", () => {
      // Every sequence may use a quarter of the units, four times as often.
      const random = createRandom(24, "planted");
      const mask = maskOf(16, 8, 40, (b, _, i) => i % 4 === b % 4 && random.next() < 0.3);
      expect(unionUse(firingsIn(mask)).cluster_index).to.be.lessThan(0.6);
    });
  });

  describe("use_batch_independent", () => {
    it("matches the use of independent batches, where frequencies of the same batch would not", () => {
      const random = createRandom(25, "past");
      const size = { batch: 8, pos: 8, units: 500 };
      const draw = () => clusteredFirings(random, size, (i) => (i % 10) / 400);
      const past = createPast(8);
      expect(past.expectedUse([draw()])).to.deep.equal([Number.NaN]);
      for (let k = 0; k < 8; k++) past.remember([draw()]);
      const use = mean(Array.from({ length: 20 }, () => unionUse(draw()).use_batch));
      expect(past.expectedUse([draw()])[0]).to.be.closeTo(use, 0.025);
      const same = createPast(1);
      const layer = draw();
      same.remember([layer]);
      expect(same.expectedUse([layer])[0]).to.be.lessThan(use - 0.06);
    });

    it("goes on from what was saved", () => {
      const random = createRandom(26, "saved");
      const draw = () => clusteredFirings(random, { batch: 2, pos: 4, units: 6 }, () => 0.2);
      const [a, b] = [createPast(2), createPast(2)];
      for (let k = 0; k < 3; k++) a.remember([draw(), draw()]);
      b.load(a.save());
      const next = [draw(), draw()];
      expect(b.expectedUse(next)).to.deep.equal(a.expectedUse(next));
    });
  });
});
