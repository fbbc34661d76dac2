import { expect } from "chai";
import type { DeathCause } from "../../../plugins/analyzers/neuron-death/attribution.ts";
import { createCauses } from "../../../plugins/analyzers/neuron-death/causes.ts";
import { dominantPart } from "../../../plugins/analyzers/neuron-death/drift.ts";
import { descent } from "../../../plugins/analyzers/neuron-death/margins.ts";
import { createStarvation } from "../../../plugins/analyzers/neuron-death/starvation.ts";
import { createStash } from "../../../plugins/analyzers/neuron-death/stash.ts";
import { isKept } from "../../../plugins/analyzers/thinning.ts";

/** A death (or a control) of these margins, moved by a bias alone, with these thresholds at 0, 10, 20 … steps before. */
function cause(margins: readonly number[], bias: number, thresholds: readonly number[]): DeathCause {
  const parts = Float64Array.of(0, 0, bias, 0, 0, 0, 0);
  return {
    parts,
    descent: descent(margins, 10),
    after: new Float64Array(7),
    thresholds: thresholds.map((theta, k) => ({ steps: 10 * k, theta })),
  };
}

const slope = Array.from({ length: 11 }, (_, s) => 1 - s / 10);
const jump = Array.from({ length: 11 }, (_, s) => (s < 5 ? 1 : 0) + (s % 2) / 1000);

describe("causes", () => {
  it("puts the dying beside the survivors: drift, jumps, largest steps and thresholds", () => {
    const causes = createCauses(100, 10);
    causes.add([cause(jump, -3, [0.5, 0.4]), cause(slope, -1, [0.7, 0.2])], [cause(slope, -0.5, [0.1, 0.1])]);
    const numbers = causes.numbers();
    expect(numbers).to.include({
      explained_deaths: 2,
      dominant_bias: 1,
      dominant_bias_survivors: 1,
      dominant_weights: 0,
      excess_drift: -1.5,
      jump_share: 0.5,
      jump_share_survivors: 0,
      gradual_share: 0.5,
      gradual_share_survivors: 1,
    });
    const { largest_step_histogram: histogram, threshold_course: course } = causes.arrays();
    expect(histogram!.shape).to.deep.equal([2, 20]);
    const rows = [0, 1].map((row) => Array.from(histogram!.data.slice(20 * row, 20 * (row + 1))));
    expect(rows.map((row) => row.reduce((a, b) => a + b))).to.deep.equal([1, 1]);
    expect(rows[1]!.indexOf(1)).to.be.within(1, 2); // a tenth, but for rounding
    const at = (row: number, bin: number) => Number(course!.data[row * 11 + bin]!.toFixed(6));
    expect([0, 1, 2].map((bin) => at(0, bin))).to.deep.equal([0, 10, 20]);
    expect([at(1, 0), at(2, 0), at(1, 1), at(2, 1)]).to.deep.equal([0.6, 0.1, 0.3, 0.1]);
    expect([at(3, 0), at(4, 0), at(3, 2)]).to.deep.equal([0.1, 0, Number.NaN]);
  });

  it("goes on from what was saved", () => {
    const [whole, cut] = [createCauses(100, 10), createCauses(100, 10)];
    const one = [[cause(jump, -3, [0.5])], [cause(slope, -1, [0.2])]] as const;
    const two = [[cause(slope, -2, [0.4, 0.3])], []] as const;
    for (const [deaths, controls] of [one, two]) whole.add(deaths, controls);
    cut.add(...one);
    const resumed = createCauses(100, 10);
    resumed.load(cut.save());
    resumed.add(...two);
    expect([resumed.numbers(), resumed.arrays()]).to.deep.equal([whole.numbers(), whole.arrays()]);
  });
});

describe("dominantPart", () => {
  it("is what pushed hardest towards silence, whatever pushed the other way", () => {
    expect(dominantPart([5, -1, -2, 0, 0, 0, 0])).to.equal("bias");
    expect(dominantPart([-1, 0, 0, -2, -2, 9, -8])).to.equal("norm"); // upstream: direction and scale cancel
    expect(dominantPart([1, 0, 0, 0, 0, 0, 0])).to.equal(undefined);
  });
});

describe("isKept", () => {
  it("keeps the first 96 looks, then 48 in each doubling: under 500 of 25 000", () => {
    const kept = Array.from({ length: 25_000 }, (_, k) => k + 1).filter(isKept);
    expect(kept.slice(0, 96)).to.deep.equal(Array.from({ length: 96 }, (_, k) => k + 1));
    expect(kept.filter((count) => count > 1024 && count <= 2048)).to.have.length(48);
    expect(kept.length).to.be.below(500);
  });
});

describe("stash", () => {
  it("hands out once what it keeps, also after a save", () => {
    const [a, b] = [createStash(), createStash()];
    const causes = { own: cause(jump, -3, [0.5, 0.4]), controls: [cause(slope, -1, [0.2]), cause(slope, 2, [])] };
    a.put(7, causes);
    a.put(3, { own: cause(slope, 1, [0.1]), controls: [] });
    a.put(3, undefined);
    b.load(a.save());
    for (const stash of [a, b])
      expect([stash.take(7), stash.take(7), stash.take(3)]).to.deep.equal([causes, undefined, undefined]);
  });
});

describe("starvation", () => {
  /** Gradients of unit 0 (fed until it stops), unit 1 (ever more seldom), unit 2 (never). */
  const feeds = (step: number) =>
    Float32Array.of(step <= 60 ? 2 : 0, step <= 30 || (step % 5 === 0 && step <= 60) ? 1 : 0, 0);

  it("tells a unit that starved before it fell silent from one that was fed until then", () => {
    const starvation = createStarvation(3);
    for (let step = 1; step <= 100; step++) starvation.add(feeds(step), step);
    expect(starvation.lag(0, 60)).to.equal(0);
    expect(starvation.lag(1, 60)).to.be.within(15, 25); // one step in five from step 31 on, and a memory of ten steps
    expect([starvation.norm(0), starvation.norm(1), starvation.norm(2)]).to.deep.equal([2, 1, 0]);
  });

  it("ends when gradient comes back, and survives a save", () => {
    const starvation = createStarvation(3);
    for (let step = 1; step <= 60; step++) starvation.add(feeds(step), step);
    const resumed = createStarvation(3);
    resumed.load(starvation.save());
    expect(resumed.lag(1, 60)).to.equal(starvation.lag(1, 60)).and.to.be.above(0);
    for (let step = 61; step <= 70; step++) resumed.add(Float32Array.of(1, 1, 1), step);
    expect(resumed.lag(1, 70)).to.equal(0);
  });
});
