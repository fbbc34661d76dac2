import { expect } from "chai";
import { createRandom, type Random } from "../../../core/arrays/random.ts";
import { summariseWindows } from "../../../core/step/evaluation.ts";
import { clusterIndex } from "../../../plugins/analyzers/batch-union-sparsity/union-use.ts";
import type { Firings } from "../../../plugins/analyzers/counts.ts";
import { deltas, pairOf } from "../../../plugins/analyzers/layer-contrast/effects.ts";
import { tokenUse } from "../../../plugins/analyzers/token-sparsity/token-use.ts";
import { coveredNames, type jackknifedNames, onScale, overcoveredNames } from "../../../statistics/contrast.ts";
import type { Estimate } from "../../../statistics/jackknife.ts";
import { interval } from "../../../statistics/jackknife.ts";
import { mean } from "../../../statistics/moments.ts";
import { acrossSeeds, signFlip } from "../../../statistics/seeds.ts";
import { rateBound } from "../../../statistics/survival.ts";
import { topicLayer } from "./masks.ts";

const sets = 2000;
/** The share of intervals that hold the truth. */
const coverage = (found: readonly Pick<Estimate, "low" | "high">[], truth: number) =>
  found.filter(({ low, high }) => low <= truth && truth <= high).length / found.length;

/** Topics' shifts in units of log odds: from none, tokens independent, to strong. */
for (const { label, batch, pos, units, spread } of [
  { label: "sequences about topics", batch: 16, pos: 32, units: 64, spread: 1 },
  { label: "more sequences, weaker topics", batch: 32, pos: 16, units: 64, spread: 0.5 },
]) {
  describe(`intervals over sequences: ${label}`, function () {
    this.timeout(60_000);
    const topics = 24;
    const random = createRandom(61, label);
    const first = topicLayer(
      random,
      { pos, units, topics, spread },
      (i) => 0.0005 + 0.95 * ((i + 1) / (units + 1)) ** 6,
    );
    const last = topicLayer(
      random,
      { pos, units, topics, spread },
      (i) => 0.0005 + 0.95 * ((i + 1) / (units + 1)) ** 4,
    );
    let drawn: (readonly [Firings, Firings])[] = [];
    let contrasts: ReturnType<typeof deltas>[] = [];

    before(() => {
      drawn = Array.from({ length: sets }, () => {
        const chosen = Array.from({ length: batch }, () => random.integer(topics));
        return [first.draw(random, chosen), last.draw(random, chosen)] as const;
      });
      contrasts = drawn.map(([a, b]) => deltas(pairOf(a, b)));
    });

    it("cover use_token in 95 % of data sets", () => {
      const found = drawn.map(([layer]) => {
        const { use_token_low: low, use_token_high: high } = tokenUse(layer);
        return { low, high };
      });
      expect(coverage(found, first.use(1))).to.be.within(0.935, 0.965);
    });

    it("cover cluster_index in 95 % of data sets", () => {
      const found = drawn.map(([, layer]) => clusterIndex(layer));
      const truth = Math.exp(mean(found.map(({ cluster_index }) => Math.log(cluster_index))));
      const ends = found.map(({ cluster_index_low: low, cluster_index_high: high }) => ({ low, high }));
      expect(coverage(ends, truth)).to.be.within(0.935, 0.965);
    });

    /** What is known in closed form; for the others the mean of what was found. */
    const truths = {
      use_token: [first.use(1), last.use(1)],
      use_seq: [first.use(pos), last.use(pos)],
      use_batch: [first.useBatch(batch), last.useBatch(batch)],
    } as const;
    const truthOf = (name: (typeof jackknifedNames)[number]) => {
      const known = (truths as Partial<Record<string, readonly [number, number]>>)[name];
      const scaled = (value: number) => onScale(name, value, 1 / units);
      return known ? scaled(known[1]) - scaled(known[0]) : mean(contrasts.map((delta) => delta[name].value));
    };

    for (const name of coveredNames) {
      it(`cover the contrast in ${name} in 95 % of data sets`, () => {
        const found = contrasts.map((delta) => delta[name]);
        expect(coverage(found, truthOf(name))).to.be.within(0.935, 0.965);
      });
    }
    for (const name of overcoveredNames) {
      it(`cover the contrast in ${name} in at least 95 % of data sets`, () => {
        const found = contrasts.map((delta) => delta[name]);
        expect(coverage(found, truthOf(name))).to.be.at.least(0.935);
      });
    }
    it("are not claimed where single sequences move units over a threshold", () => {
      for (const name of ["always_on", "rare"] as const) expect(contrasts[0]![name].se).to.be.NaN;
    });
  });
}

describe("intervals over seeds", () => {
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

describe("the standard error of a held-out loss", () => {
  it("gives a t interval that covers in 95 % of data sets, the windows' losses being skewed", () => {
    const random = createRandom(64, "windows");
    // A mean of 3 nats; each window above a floor by a sum of exponentials.
    const loss = () => 2 + Array.from({ length: 4 }, () => -Math.log(1 - random.next()) / 4).reduce((a, b) => a + b);
    const found = Array.from({ length: sets }, () => {
      const { loss: value, standardError, windows } = summariseWindows(Array.from({ length: 32 }, loss));
      return interval(value, standardError, windows - 1);
    });
    expect(coverage(found, 3)).to.be.within(0.935, 0.965);
  });
});

describe("rateBound", () => {
  it("is exceeded by a silent unit's true rate in 5 % of data sets", () => {
    const random = createRandom(65, "silent");
    const silent = () => Array.from({ length: 64 }).every(() => random.next() >= rateBound(64));
    const share = Array.from({ length: sets }, silent).filter(Boolean).length / sets;
    expect(share).to.be.within(0.035, 0.065);
  });
});
