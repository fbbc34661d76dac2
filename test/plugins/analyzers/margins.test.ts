import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { descent, directedness, varianceRatio } from "../../../plugins/analyzers/neuron-death/margins.ts";

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

describe("directedness", () => {
  /** 200 units over 17 looks from margin 1, moved by `step`. */
  function courses(step: () => number): Float32Array[] {
    const rows = [new Float32Array(200).fill(1)];
    for (let s = 1; s < 17; s++) rows.push(rows[s - 1]!.map((margin) => margin + step()));
    return rows;
  }
  it("is about 1 for random walks, though those that die all went down", () => {
    const random = createRandom(62, "walks");
    const found = directedness(
      courses(() => 0.2 * random.normal()),
      random,
      99,
    );
    expect(found.observed).to.be.above(10);
    expect(found.ratio).to.be.within(0.75, 1.25);
  });
  it("is far above 1 for drift of the same step size", () => {
    const random = createRandom(63, "drift");
    const found = directedness(
      courses(() => -0.08 + 0.05 * random.normal()),
      random,
      99,
    );
    expect(found.ratio).to.be.above(5);
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
