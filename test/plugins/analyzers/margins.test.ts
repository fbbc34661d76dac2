import { expect } from "chai";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import { descent, varianceRatio } from "../../../plugins/analyzers/neuron-death/margins.ts";
import { randomWalk, type WalkLook } from "../../../plugins/analyzers/neuron-death/random-walk.ts";

describe("descent", () => {
  it("tells a planted jump from a planted slope", () => {
    const random = createRandom(61, "descent");
    const noise = () => 0.01 * random.normal();
    const jump = Array.from({ length: 30 }, (_, s) => (s < 15 ? 2 : 0) + noise());
    const slope = Array.from({ length: 30 }, (_, s) => 2 - s / 15 + noise());
    expect(descent(jump).kind).to.equal("jump");
    expect(descent(jump).largestShare).to.be.above(0.8);
    expect(descent(slope).kind).to.equal("gradual");
    expect(descent(slope).steps).to.be.above(20);
  });
  it("counts equal steps", () => {
    const even = descent([5, 4, 3, 2, 1, 0]);
    expect([even.largestShare, even.steps]).to.deep.equal([0.2, 5]);
    expect(descent([0, 1, 2]).largestShare).to.be.NaN;
  });
});

describe("randomWalk", () => {
  /** 300 units over 17 looks from margins about 1, moved by `step`, which may have a part common to all units. */
  function looks(random: Random, step: (common: number) => number): WalkLook[] {
    let zmax = new Float32Array(300).map(() => 0.5 + random.next());
    return Array.from({ length: 17 }, (_, s) => {
      const common = random.normal();
      if (s > 0) zmax = zmax.map((margin) => margin + step(common));
      return { zmax, zmean: zmax.map((margin) => margin - 2), active: Int32Array.from(zmax, (margin) => 50 * margin) };
    });
  }
  it("finds about as many deaths as there are in random walks, though those that die all went down", () => {
    const random = createRandom(62, "walks");
    const found = randomWalk(
      looks(random, () => 0.2 * random.normal()),
      random,
      199,
    );
    expect(found.observed).to.be.above(10);
    expect(found.ratio).to.be.within(0.75, 1.25);
    expect(found.excess).to.be.below(-0.3); // selection alone
  });
  it("has a p that is small in 5 % of walks, also where units move together", () => {
    const random = createRandom(63, "common");
    let small = 0;
    for (let round = 0; round < 200; round++) {
      const own = looks(random, (common) => 0.1 * common + 0.1 * random.normal());
      if (randomWalk(own, random, 99).p <= 0.05) small++;
    }
    expect(small / 200).to.be.at.most(0.09);
  });
  it("finds far more than chance for drift of the same step size", () => {
    const random = createRandom(63, "drift");
    const found = randomWalk(
      looks(random, () => -0.08 + 0.05 * random.normal()),
      random,
      199,
    );
    expect(found.ratio).to.be.above(2);
    expect(found.p).to.be.below(0.02);
    expect(found.low).to.be.above(1);
  });
});

describe("varianceRatio", () => {
  it("is 1 for independent steps, q for constant drift, 0 for steps that revert", () => {
    const random = createRandom(64, "ratio");
    let level = new Float32Array(2000);
    const walk = Array.from({ length: 17 }, () => (level = level.map((value) => value + random.normal())));
    expect(varianceRatio(walk, 4)).to.be.closeTo(1, 0.1);
    const drift = Array.from({ length: 17 }, (_, s) => Float32Array.of(-s));
    expect(varianceRatio(drift, 4)).to.equal(4);
    const back = Array.from({ length: 17 }, (_, s) => Float32Array.of(s % 2));
    expect(varianceRatio(back, 4)).to.equal(0);
  });
});
