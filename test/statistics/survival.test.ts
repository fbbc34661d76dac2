import { expect } from "chai";
import { createRandom } from "../../core/arrays/random.ts";
import { eventStudy, spikesOf } from "../../statistics/event-study.ts";
import { kaplanMeier, rateBound, windowsToTurnOff } from "../../statistics/survival.ts";

describe("windowsToTurnOff", () => {
  it("asks for log2(units / alpha) firings when one window of silence is to do", () => {
    for (const [units, enough] of [
      [1024, 17],
      [32768, 22],
    ] as const) {
      expect(windowsToTurnOff(enough, 0.01 / units)).to.equal(1);
      expect(windowsToTurnOff(enough - 1, 0.01 / units)).to.equal(2);
    }
    expect(windowsToTurnOff(0, 0.01)).to.equal(Infinity);
    expect(windowsToTurnOff(1, 0.01)).to.equal(99); // 1/100 <= 0.01
  });

  it("is the least number of windows whose exact probability is small enough", () => {
    for (let before = 1; before < 40; before++) {
      const m = windowsToTurnOff(before, 1e-5);
      expect((1 + m) ** -before).to.be.at.most(1e-5 * (1 + 1e-6));
      if (m > 1) expect(m ** -before).to.be.above(1e-5);
    }
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
    // Ten spells: 2 end in period 0; of the 8 left 3 are censored in period 1, where 1 ends; of the 4 left 2 end.
    const survival = kaplanMeier([2, 1, 2], [0, 3, 2]);
    expect([...survival]).to.deep.equal([1, 0.8, 0.8 * (1 - 1 / 8), 0.8 * (1 - 1 / 8) * (1 - 2 / 4)]);
  });
  it("is 1 where nothing ended", () => expect([...kaplanMeier([0, 0], [1, 5])]).to.deep.equal([1, 1, 1]));
});

describe("event study", () => {
  const random = createRandom(9, "events");
  const series = Array.from({ length: 400 }, () => 1 + 0.1 * random.normal());
  for (const s of [120, 230, 340]) series[s] = 3;

  it("finds planted spikes", () => {
    expect(spikesOf(series)).to.include.members([120, 230, 340]);
    expect(spikesOf(Array(200).fill(1))).to.deep.equal([]);
  });

  it("sees that events follow spikes, and does not where they do not", () => {
    const spikes = [120, 230, 340];
    const after = new Float64Array(400);
    for (const spike of spikes) after[spike + 3] = 2;
    const even = Float64Array.from({ length: 400 }, (_, s) => (s % 4 === 0 ? 1 : 0));
    const found = eventStudy(after, spikes, 10);
    expect(found.rateRatio).to.equal(Infinity);
    expect(found.p).to.be.lessThan(0.05);
    expect(eventStudy(even, spikes, 10).rateRatio).to.be.within(0.8, 1.2);
    expect(eventStudy(even, spikes, 10).p).to.be.above(0.05);
    expect(eventStudy(even, [], 10).rateRatio).to.be.NaN;
  });
});
