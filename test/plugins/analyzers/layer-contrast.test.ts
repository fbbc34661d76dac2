import { expect } from "chai";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import type { Firings } from "../../../plugins/analyzers/counts.ts";
import { createContrastCourse } from "../../../plugins/analyzers/layer-contrast/contrast-course.ts";
import { effectsOf } from "../../../plugins/analyzers/layer-contrast/effects.ts";
import { sequenceSpread, useAtEqualFirings } from "../../../plugins/analyzers/layer-contrast/equal-firings.ts";
import { createHistory } from "../../../plugins/analyzers/layer-contrast/history.ts";
import { layerContrast } from "../../../plugins/analyzers/layer-contrast/index.ts";
import {
  crossLevel,
  isSettled,
  pool,
  trend,
  verdictNumber,
  verdictOf,
} from "../../../plugins/analyzers/layer-contrast/inversion.ts";
import { contrastReport } from "../../../plugins/analyzers/layer-contrast/report.ts";
import { logit } from "../../../statistics/effects.ts";
import { gatheredAnalyses } from "../../../statistics/gathered.ts";
import { clusteredFirings, firingsIn, maskOf, readingsOf } from "./masks.ts";

const size = { batch: 16, pos: 8, units: 60 };

/** Feeds a course with enough batches of two layers, and gives what they came to. */
function course(draw: () => readonly [Firings, Firings]) {
  const found = createContrastCourse();
  for (let k = 0; k < gatheredAnalyses; k++) found.add(effectsOf(...draw()));
  return found.means()!;
}

describe("layer-contrast", () => {
  it("measures the planted contrast in log odds, and of a saturated layer where it is not", () => {
    // First layer: a quarter of the units at every token. Last: all units, each at one token of 15.
    const first = firingsIn(maskOf(15, 4, 60, (_, __, i) => i < 15));
    const last = firingsIn(maskOf(15, 4, 60, (b, _, i) => i % 15 === b));
    const found = contrastReport([first, last]) as unknown as Record<string, number>;
    expect(found.delta_use_token).to.be.closeTo(logit(1 / 15) - logit(1 / 4), 1e-12);
    expect(found.delta_batch_over_token).to.be.closeTo(Math.log(15), 1e-12);
    expect(found.h_use_batch).to.be.closeTo(Math.PI - 2 * Math.asin(0.5), 1e-12);
    // All 15 sequences use every unit of the last layer; 8 of them use 8/15, and a quarter of the first.
    expect(found.delta_use_batch_tokens).to.equal(8 * 4);
    expect(found.delta_use_batch).to.be.closeTo(logit(8 / 15) - logit(1 / 4), 1e-12);
  });

  it("does not make of a saturated union how wide the layer is", () => {
    const deltas = [60, 240].map((units) => {
      const first = firingsIn(maskOf(15, 4, units, (_, __, i) => i < units / 4));
      const last = firingsIn(maskOf(15, 4, units, (b, _, i) => i % 15 === b));
      return (contrastReport([first, last]) as unknown as Record<string, number>).delta_use_batch;
    });
    expect(deltas[1]).to.be.closeTo(deltas[0]!, 1e-12);
    const always = firingsIn(maskOf(15, 4, 60, () => true));
    const report = contrastReport([always, always]) as unknown as Record<string, number>;
    expect([report.delta_use_batch, report.delta_use_batch_tokens].every(Number.isNaN)).to.equal(true);
  });

  it("gives no interval where a layer is saturated all along", () => {
    const always = firingsIn(maskOf(15, 4, 60, () => true));
    const { low, high } = course(() => [always, always]).deltas.use_batch;
    expect([low, high].every(Number.isNaN)).to.equal(true);
  });

  describe("inversion", () => {
    const smallPool = (random: Random) => clusteredFirings(random, size, (i) => (i < 10 ? 0.6 : 0));
    const wholePool = (random: Random) => clusteredFirings(random, size, (i) => 0.02 + 0.0005 * i);
    const judge = (first: () => Firings, last: () => Firings, settled = true) => {
      const found = course(() => [first(), last()]);
      return [crossLevel(found, settled), pool(found, settled)];
    };

    it("is found where the first layer uses few units often and the last many seldom; else round it is reversed", () => {
      const random = createRandom(33, "inverted");
      const [small, whole] = [() => smallPool(random), () => wholePool(random)];
      expect(judge(small, whole)).to.deep.equal(["inverted", "inverted"]);
      expect(judge(whole, small)).to.deep.equal(["reversed", "reversed"]);
    });
    it("is not yet found while layers are on their way", () => {
      const random = createRandom(33, "on the way");
      const found = judge(
        () => smallPool(random),
        () => wholePool(random),
        false,
      );
      expect(found).to.deep.equal(["not yet", "not yet"]);
    });
    it("is not found where the first layer uses fewer units at every level", () => {
      const random = createRandom(34, "same");
      const sparse = () => clusteredFirings(random, size, (i) => (i < 30 ? 0.05 : 0));
      const dense = () => clusteredFirings(random, size, (i) => (i < 55 ? 0.5 : 0));
      expect(judge(sparse, dense)[0]).to.equal("same order");
    });
    it("knows which layer uses more per batch also where one uses all in every sequence", () => {
      const random = createRandom(34, "saturated");
      const all = () => clusteredFirings(random, size, () => 0.95);
      const some = () => clusteredFirings(random, size, (i) => (i < 20 ? 0.3 : 0.001));
      expect(judge(all, some)[0]).to.equal("same order");
      const found = course(() => [all(), all()]);
      expect(found.batchH.low).to.be.NaN; // nothing moves
    });
    it("is undecided where layers are alike", () => {
      const random = createRandom(35, "alike");
      const whole = () => wholePool(random);
      expect(judge(whole, whole)).to.deep.equal(["undecided", "undecided"]);
    });
    it("has numbers for its verdicts, and the verdicts back", () => {
      const all = ["inverted", "same order", "reversed", "undecided", "not yet"] as const;
      expect(all.map((verdict) => verdictOf(verdictNumber(verdict)))).to.deep.equal([...all]);
      expect(all.map(verdictNumber)).to.deep.equal([1, -1, -2, 0, Number.NaN]);
    });
    it("waits for a contrast to settle: less than half of it may come or go in a doubling of tokens", () => {
      const times = Array.from({ length: 40 }, (_, i) => Math.log(1000 * (i + 1)));
      const perDoubling = (level: number, change: number) =>
        times.map((time) => level + (change * (time - times.at(-1)!)) / Math.LN2);
      expect(isSettled(times, perDoubling(-2, 0.9))).to.equal(true);
      expect(isSettled(times, perDoubling(-2, 1.1))).to.equal(false);
      expect(isSettled(times, perDoubling(-2, -1.1))).to.equal(false);
      expect(isSettled(times.slice(0, 3), [1, 1, 1])).to.equal(false);
    });
    it("finds planted trends with their direction, and claims one from noise no more often than its intervals miss", () => {
      const random = createRandom(36, "trend");
      const times = Array.from({ length: 40 }, (_, i) => Math.log(1000 * (i + 1)));
      const series = (slope: number) => times.map((x) => slope * x + 0.1 * random.normal());
      expect(trend(times, series(-0.5), series(0.5), 0.05)).to.equal("inverted");
      expect(trend(times, series(0.5), series(-0.5), 0.05)).to.equal("reversed");
      expect(trend(times, series(0.5), series(0.4), 0.05)).to.equal("same order");
      expect(trend(times.slice(0, 5), series(-1), series(1), 0.05)).to.equal("undecided");
      for (const level of [0.05, 0.05 / 3]) {
        const claims = Array.from({ length: 500 }, () => trend(times, series(0.5), series(0), level));
        const share = claims.filter((verdict) => verdict !== "undecided").length / 500;
        expect(share).to.be.within(level * 0.4, level * 1.6);
      }
    });
  });

  it("sees no contrast at equal firings where layers differ in activity alone, and keeps one of specificity", () => {
    const random = createRandom(38, "equal");
    const large = { ...size, units: 400 };
    const seldom = clusteredFirings(random, large, () => 0.01);
    const often = clusteredFirings(random, large, () => 0.05);
    const few = clusteredFirings(random, large, (i) => (i < 40 ? 0.2 : 0));
    const [a, b, c] = useAtEqualFirings([seldom, often, few]);
    expect(a).to.be.closeTo(b!, 0.05);
    expect(c).to.be.lessThan(0.11);
  });

  it("measures how widely a unit's firings are spread over sequences", () => {
    expect(sequenceSpread(firingsIn(maskOf(6, 4, 5, (b, _, i) => b === i)))).to.equal(1 / 4);
    expect(sequenceSpread(firingsIn(maskOf(6, 4, 5, (_, t) => t === 0)))).to.equal(1);
  });

  it("keeps its course in at most 64 points, and goes on from what was saved", () => {
    const [a, b] = [createHistory(2), createHistory(2)];
    for (let k = 1; k <= 300; k++) a.add([k, 2 * k]);
    expect(a.row(0).length).to.be.at.most(64);
    expect(a.row(1)).to.deep.equal(a.row(0).map((x) => 2 * x));
    b.load(a.save());
    for (let k = 301; k <= 320; k++) for (const history of [a, b]) history.add([k, k]);
    expect([b.row(0), b.row(1), b.length()]).to.deep.equal([a.row(0), a.row(1), 320]);
  });

  it("reports declared metrics only, and announces a verdict once", () => {
    const random = createRandom(39, "events");
    const run = { warmupSteps: 0, seed: 1, batchSize: size.batch, model: { n_ctx: size.pos } } as never;
    const events: unknown[] = [];
    const at = (step: number) => ({
      step,
      tokens: 128 * step,
      time: 0,
      lr: 1e-3,
      applied: true,
      shrink: 1,
      event: (kind: string, data: object) => events.push([kind, data]),
    });
    const readings = () => {
      const layers = [
        clusteredFirings(random, size, (i) => (i < 10 ? 0.6 : 0)),
        clusteredFirings(random, size, () => 0.03),
      ];
      return readingsOf(layers) as never;
    };
    let values: Record<string, unknown> = {};
    let instance = layerContrast.setup({ trend_every: 20 } as never, run);
    for (let step = 1; step <= 2 * gatheredAnalyses; step++) {
      if (step === 25) {
        const resumed = layerContrast.setup({ trend_every: 20 } as never, run);
        resumed.load?.(instance.save!());
        instance = resumed;
      }
      values = instance.analyze(readings(), at(step)) as Record<string, unknown>;
      if (step === gatheredAnalyses - 1) {
        expect(values.inversion_pool).to.be.NaN;
        expect(values).to.not.have.property("delta_low_k50");
      }
    }
    expect(Object.keys(layerContrast.metrics)).to.include.members(Object.keys(values));
    expect(values).to.include({ inversion_cross_level: 1, inversion_pool: 1 });
    expect(events.slice(0, 2)).to.deep.equal([
      ["inversion-verdict", { test: "inversion_cross_level", verdict: "inverted" }],
      ["inversion-verdict", { test: "inversion_pool", verdict: "inverted" }],
    ]);
    const ofPool = events.filter((event) => JSON.stringify(event).includes("inversion_pool"));
    expect(ofPool).to.have.length(1);
  });
});
