import { expect } from "chai";
import { createRandom } from "../../core/arrays/random.ts";
import { shareOf, sumsOf, upperOf } from "../../statistics/clustered-share.ts";
import { createEventLog, createSpikeFinder } from "../../statistics/event-study.ts";
import { kaplanMeier, rateBound } from "../../statistics/survival.ts";

describe("upperOf", () => {
  it("is Clopper and Pearson's bound for clusters of one, and the rule of three where nothing succeeded", () => {
    const ones = new Array(59).fill(1);
    expect(upperOf(sumsOf(new Array(59).fill(0), ones))).to.be.closeTo(1 - 0.05 ** (1 / 59), 1e-9);
    const found = sumsOf([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], new Array(10).fill(1));
    expect(shareOf(found)).to.equal(0.3);
    expect(upperOf(found)).to.be.closeTo(0.6066, 2e-4); // 95 % one-sided, 3 of 10; here by a design effect of 10/9 or less
    expect(upperOf(sumsOf([], []))).to.equal(1);
    // Twenty trials that are one and the same unit's are worth one.
    expect(upperOf(sumsOf([0], [20]))).to.be.closeTo(0.95, 1e-9);
  });

  it("bounds the true share in at least 95 % of data sets, units differing much", () => {
    const random = createRandom(68, "clusters");
    let bounded = 0;
    for (let round = 0; round < 1000; round++) {
      const trials = Array.from({ length: 120 }, () => 1 + random.integer(5));
      const successes = trials.map((n) => {
        const rate = random.next() < 0.1 ? 0.8 : 0.02;
        return Array.from({ length: n }, () => random.next()).filter((one) => one < rate).length;
      });
      if (upperOf(sumsOf(successes, trials)) >= 0.1 * 0.8 + 0.9 * 0.02) bounded++;
    }
    expect(bounded / 1000).to.be.at.least(0.93);
  });
});

describe("rateBound", () => {
  it("is the rule of three for many trials", () => {
    expect(rateBound(8192)).to.be.closeTo(3 / 8192, 1e-6);
    expect((1 - rateBound(50)) ** 50).to.be.closeTo(0.05, 1e-12);
  });
});

describe("kaplanMeier", () => {
  it("counts censored spells as still at risk until they are last seen", () => {
    // Ten spells: 2 end after 1 period; of the 8 left 1 ends after 2, when 3 are last seen; of the 4 left 2 end after 3.
    const survival = kaplanMeier([0, 2, 1, 2], [0, 0, 3, 2]);
    expect([...survival]).to.deep.equal([1, 0.8, 0.8 * (1 - 1 / 8), 0.8 * (1 - 1 / 8) * (1 - 2 / 4)]);
  });
  it("is 1 where nothing ended", () => expect([...kaplanMeier([0, 0], [1, 5])]).to.deep.equal([1, 1]));
});

describe("event study", () => {
  it("finds planted spikes", () => {
    const random = createRandom(9, "events");
    const series = Array.from({ length: 400 }, () => 1 + 0.1 * random.normal());
    for (const s of [120, 230, 340]) series[s] = 3;
    const finder = createSpikeFinder();
    const found = series.flatMap((value, s) => (finder.add(value) ? [s] : []));
    expect(found).to.include.members([120, 230, 340]);
    const flat = createSpikeFinder();
    expect(Array.from({ length: 200 }, () => flat.add(1))).to.not.include(true);
  });

  it("sees that events follow spikes, and does not where they do not", () => {
    const [after, even, none] = [createEventLog(10), createEventLog(10), createEventLog(10)];
    for (const spike of [120, 230, 340]) {
      for (const log of [after, even]) log.spike(spike);
      after.event(spike + 3, 2);
    }
    for (let s = 1; s <= 400; s += 4) for (const log of [even, none]) log.event(s);
    // Each block of 100 steps: 2 deaths, near in 11 shifts of 100.
    const found = after.result();
    expect([found.near, found.spikes]).to.deep.equal([6, 3]);
    expect(found.rateRatio).to.be.closeTo(6 / (3 * 2 * 0.11), 1e-9);
    expect(found.p).to.be.closeTo(0.11 ** 3, 1e-12);
    expect(even.result().rateRatio).to.be.within(0.8, 1.2);
    expect(even.result().p).to.be.above(0.05);
    expect(none.result().p).to.be.NaN;
    expect(none.result().detectable).to.equal(Infinity);
  });

  it("says what it could have seen: less as spikes get more", () => {
    const detectable = (spikes: number) => {
      const log = createEventLog(10);
      for (let k = 0; k < spikes; k++) log.spike(50 + 100 * k);
      for (let s = 1; s <= 4000; s += 3) log.event(s, (s % 2) + 1);
      return log.result().detectable;
    };
    expect(detectable(30)).to.be.below(detectable(2));
  });

  it("alarms at 5 % also where deaths and spikes both thin out, and finds what it says it can", () => {
    const random = createRandom(10, "thinning");
    const poisson = (rate: number) => {
      let [count, product] = [0, random.next()];
      while (product > Math.exp(-rate)) {
        count++;
        product *= random.next();
      }
      return count;
    };
    for (const thinning of [Infinity, 400]) {
      let alarms = 0;
      for (let round = 0; round < 300; round++) {
        const log = createEventLog(10);
        for (let s = 1; s <= 1200; s++) {
          const weight = Math.exp(-s / thinning);
          if (random.next() < 0.03 * weight) log.spike(s);
          const count = poisson(weight);
          if (count > 0) log.event(s, count);
        }
        if (log.result().p <= 0.05) alarms++;
      }
      expect(alarms / 300, `thinning over ${thinning} steps`).to.be.at.most(0.09);
    }
  });
});
