import { expect } from "chai";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import type { Firings } from "../../../plugins/analyzers/counts.ts";
import { deltas, pairOf, sizeOfEffect } from "../../../plugins/analyzers/layer-contrast/effects.ts";
import { sequenceSpread, useAtEqualFirings } from "../../../plugins/analyzers/layer-contrast/equal-firings.ts";
import { createHistory } from "../../../plugins/analyzers/layer-contrast/history.ts";
import { layerContrast } from "../../../plugins/analyzers/layer-contrast/index.ts";
import { crossLevel, pool, trend } from "../../../plugins/analyzers/layer-contrast/inversion.ts";
import { type StatisticName, statisticNames } from "../../../statistics/contrast.ts";
import { logit } from "../../../statistics/effects.ts";
import { clusteredFirings, firingsIn, maskOf } from "./masks.ts";

const size = { batch: 16, pos: 8, units: 60 };

describe("layer-contrast", () => {
  it("measures the planted contrast in log odds and as Cohen's h", () => {
    // First layer: a quarter of the units at every token. Last: all units, each at one token of 15.
    const first = firingsIn(maskOf(15, 4, 60, (_, __, i) => i < 15));
    const last = firingsIn(maskOf(15, 4, 60, (b, _, i) => i % 15 === b));
    const pair = pairOf(first, last);
    const found = deltas(pair);
    expect(found.use_token.value).to.be.closeTo(logit(1 / 15, 1 / 60) - logit(1 / 4, 1 / 60), 1e-12);
    expect(found.use_batch.value).to.be.closeTo(logit(1, 1 / 60) - logit(1 / 4, 1 / 60), 1e-12);
    expect(found.batch_over_token.value).to.be.closeTo(Math.log(15), 1e-12);
    expect(sizeOfEffect("use_batch", pair)).to.be.closeTo(Math.PI - 2 * Math.asin(0.5), 1e-12);
  });

  it("covers the true contrast in 95 % of data sets, tokens within sequences being correlated", () => {
    const random = createRandom(31, "coverage");
    const truth = logit(0.3, 1e-9) - logit(0.1, 1e-9);
    let covered = 0;
    for (let k = 0; k < 2000; k++) {
      const first = clusteredFirings(random, { ...size, units: 12 }, () => 0.1, 0.8);
      const last = clusteredFirings(random, { ...size, units: 12 }, () => 0.3, 0.8);
      const { low, high } = deltas(pairOf(first, last)).use_token;
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered / 2000).to.be.within(0.935, 0.965);
  });

  it("pairs the layers: what both share in a sequence cancels", () => {
    const random = createRandom(32, "paired");
    const factor = Array.from({ length: 16 }, () => 0.2 + random.next());
    const layer = (rate: number) => firingsIn(maskOf(16, 8, 60, (b) => random.next() < rate * factor[b]!));
    const found = deltas(pairOf(layer(0.2), layer(0.1))).use_token;
    const apart = deltas(
      pairOf(
        layer(0.2),
        clusteredFirings(random, size, () => 0.1, 0.6),
      ),
    ).use_token;
    expect(found.se).to.be.lessThan(0.6 * apart.se);
  });

  describe("inversion", () => {
    const smallPool = (random: Random) => clusteredFirings(random, size, (i) => (i < 10 ? 0.6 : 0));
    const wholePool = (random: Random) => clusteredFirings(random, size, (i) => 0.02 + 0.0005 * i);
    const judge = (first: Firings, last: Firings) => {
      const found = deltas(pairOf(first, last));
      return [crossLevel(found), pool(found)];
    };

    it("is found where the first layer uses few units often and the last many seldom", () => {
      const random = createRandom(33, "inverted");
      expect(judge(smallPool(random), wholePool(random))).to.deep.equal(["inverted", "inverted"]);
    });
    it("is not found where the first layer uses fewer units at every level", () => {
      const random = createRandom(34, "same");
      const sparse = clusteredFirings(random, size, (i) => (i < 30 ? 0.05 : 0));
      const dense = clusteredFirings(random, size, (i) => (i < 55 ? 0.5 : 0));
      expect(judge(sparse, dense)[0]).to.equal("same sign");
    });
    it("is undetermined where layers are alike", () => {
      const random = createRandom(35, "alike");
      expect(judge(wholePool(random), wholePool(random))).to.deep.equal(["undetermined", "undetermined"]);
    });
    it("finds planted trends, and claims one from noise no more often than its intervals miss", () => {
      const random = createRandom(36, "trend");
      const times = Array.from({ length: 40 }, (_, i) => Math.log(1000 * (i + 1)));
      const series = (slope: number) => times.map((x) => slope * x + 0.1 * random.normal());
      expect(trend(times, series(0.5), series(-0.5))).to.equal("inverted");
      expect(trend(times, series(0.5), series(0.4))).to.equal("same sign");
      expect(trend(times.slice(0, 5), series(1), series(-1))).to.equal("undetermined");
      const claims = Array.from({ length: 500 }, () => trend(times, series(0.5), series(0)));
      expect(claims.filter((verdict) => verdict !== "undetermined").length / 500).to.be.within(0.02, 0.08);
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
    const run = { warmupSteps: 0, seed: 1 } as never;
    const instance = layerContrast.setup({ trend_every: 20 } as never, run);
    const layers = [
      clusteredFirings(random, size, (i) => (i < 10 ? 0.6 : 0)),
      clusteredFirings(random, size, () => 0.03),
    ];
    const readings = {
      perSequence: layers.map(({ perSequence }) => ({ shape: [16, 60], data: perSequence })),
      perToken: layers.map(({ perToken }) => ({ shape: [16, 8], data: perToken })),
    };
    const events: unknown[] = [];
    const at = (step: number) => ({
      step,
      tokens: 128 * step,
      time: 0,
      event: (kind: string, data: object) => events.push([kind, data]),
    });
    const values = instance.analyze(readings as never, at(1)) as Record<string, unknown>;
    instance.analyze(readings as never, at(2));
    expect(Object.keys(layerContrast.metrics)).to.include.members(Object.keys(values));
    expect(events).to.deep.equal([
      ["inversion-verdict", { test: "inversion_cross_level", verdict: "inverted" }],
      ["inversion-verdict", { test: "inversion_pool", verdict: "inverted" }],
    ]);
    const resumed = layerContrast.setup({ trend_every: 20 } as never, run);
    resumed.load?.(instance.save!());
    resumed.analyze(readings as never, at(3));
    expect(events).to.have.length(2);
  });

  it("compares every statistic in every data set without NaN where both layers fire", () => {
    const random = createRandom(40, "finite");
    const found = deltas(
      pairOf(
        clusteredFirings(random, size, () => 0.1),
        clusteredFirings(random, size, () => 0.2),
      ),
    );
    for (const name of statisticNames as readonly StatisticName[]) expect(found[name].value).to.be.finite;
  });
});
