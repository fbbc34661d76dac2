import { expect } from "chai";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import { unionUse } from "../../../plugins/analyzers/batch-union-sparsity/union-use.ts";
import { createContrastCourse } from "../../../plugins/analyzers/layer-contrast/contrast-course.ts";
import { type DeltaName, deltaNames, effectsOf } from "../../../plugins/analyzers/layer-contrast/effects.ts";
import { crossLevel, pool } from "../../../plugins/analyzers/layer-contrast/inversion.ts";
import { tokenUse } from "../../../plugins/analyzers/token-sparsity/token-use.ts";
import { gatheredAnalyses, meanOverTime } from "../../../statistics/gathered.ts";
import type { Estimate } from "../../../statistics/jackknife.ts";
import { mean } from "../../../statistics/moments.ts";
import { acrossSeeds, signFlip } from "../../../statistics/seeds.ts";
import { rateBound } from "../../../statistics/survival.ts";
import { batchOf, drawn, layers } from "../../helpers/real-windows.ts";

const batch = 16;
/** The share of intervals that hold the truth. */
const coverage = (found: readonly Pick<Estimate, "low" | "high">[], truth: number) =>
  found.filter(({ low, high }) => low <= truth && truth <= high).length / found.length;

describe("intervals on resampled windows of real text", function () {
  this.timeout(120_000);
  const sets = 1500;
  const [, middle, last] = layers as [string, string, string];

  /** Coverage of the mean over gathered batches that are drawn from `values`, those of many batches. */
  const ofGathered = (values: readonly number[], random: Random) => {
    const found = Array.from({ length: sets }, () =>
      meanOverTime(Array.from({ length: gatheredAnalyses }, () => values[random.integer(values.length)]!)),
    );
    return coverage(found, mean(values));
  };

  it("cover use_token and cluster_index in 95 % of data sets, in every layer", () => {
    const random = createRandom(61, "layers");
    for (const layer of layers) {
      const batches = Array.from({ length: 2000 }, () => batchOf(layer, drawn(random, batch)));
      const use = batches.map((one) => tokenUse(one).use_token);
      const cluster = batches.map((one) => Math.log(unionUse(one).cluster_index));
      expect(ofGathered(use, random), `use_token of ${layer}`).to.be.within(0.93, 0.97);
      expect(ofGathered(cluster, random), `cluster_index of ${layer}`).to.be.within(0.93, 0.97);
    }
  });

  it("cover every contrast over units and sequences in 95 % of data sets", () => {
    const random = createRandom(62, "contrast");
    const units = 64;
    const some = () => Array.from({ length: units }, () => random.integer(units));
    const gathered = (a: () => readonly number[] | undefined) => {
      const course = createContrastCourse();
      const [first, second] = [a(), a()];
      for (let k = 0; k < gatheredAnalyses; k++) {
        const chosen = drawn(random, batch);
        course.add(effectsOf(batchOf(middle, chosen, first), batchOf(last, chosen, second)));
      }
      return course.means()!;
    };
    // The truth: all units of the fixture, very many batches. Samples: units drawn anew, with replacement.
    const whole = Array.from({ length: 10 }, () => gathered(() => undefined).deltas);
    const found = Array.from({ length: 200 }, () => gathered(some).deltas);
    for (const name of ["use_token", "use_seq", "batch_over_token", "cluster_index"] as const satisfies DeltaName[]) {
      const truth = mean(whole.map((one) => one[name].value));
      // 200 sets: 0.95 -+ 3 binomial deviations.
      expect(
        coverage(
          found.map((one) => one[name]),
          truth,
        ),
        name,
      ).to.be.within(0.9, 1);
    }
  });

  it("call two random halves of one layer different in at most 5 %, and never inverted", () => {
    const random = createRandom(63, "halves");
    const rounds = 100;
    let [inverted, certain] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const order = Array.from({ length: 64 }, (_, i) => i);
      for (let i = 63; i > 0; i--) {
        const j = random.integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      const course = createContrastCourse();
      for (let k = 0; k < gatheredAnalyses; k++) {
        const chosen = drawn(random, batch);
        course.add(effectsOf(batchOf(last, chosen, order.slice(0, 32)), batchOf(last, chosen, order.slice(32))));
      }
      const found = course.means()!;
      const { deltas } = found;
      for (const judge of [crossLevel, pool]) {
        if (["inverted", "reversed"].includes(judge(found, true))) inverted++;
      }
      for (const name of deltaNames) if (deltas[name].low > 0 || deltas[name].high < 0) certain++;
    }
    expect(certain / rounds / deltaNames.length).to.be.at.most(0.07);
    expect(inverted / rounds).to.be.at.most(0.05);
  });
});

describe("intervals over seeds", () => {
  const sets = 2000;
  const spread = (random: Random) => Math.sign(random.next() - 0.5) * -Math.log(1 - random.next());

  for (const [label, noise] of [
    ["normal", (random: Random) => random.normal()],
    ["two-sided exponential", spread],
  ] as const) {
    it(`cover the mean of 8 seeds in 95 % of data sets: ${label}`, () => {
      const random = createRandom(62, label);
      const draw = () => Array.from({ length: 8 }, () => 0.7 + noise(random));
      expect(
        coverage(
          Array.from({ length: sets }, () => acrossSeeds(draw())),
          0.7,
        ),
      ).to.be.within(0.935, 0.965);
    });
  }

  it("leave a true null below p = 0.05 in no more data sets than the exact level, 2/64 with 6 seeds and 12/256 with 8", () => {
    const random = createRandom(63, "flips");
    for (const [seeds, level] of [
      [6, 2 / 64],
      [8, 12 / 256],
    ] as const) {
      const p = Array.from({ length: sets }, () => signFlip(Array.from({ length: seeds }, () => spread(random))));
      expect(p.filter((one) => one < 0.05).length / sets).to.be.closeTo(level, 0.0125);
    }
  });
});

describe("rateBound", () => {
  it("is exceeded by a silent unit's true rate in 5 % of data sets", () => {
    const random = createRandom(65, "silent");
    const silent = () => Array.from({ length: 64 }).every(() => random.next() >= rateBound(64));
    const share = Array.from({ length: 2000 }, silent).filter(Boolean).length / 2000;
    expect(share).to.be.within(0.035, 0.065);
  });
});
