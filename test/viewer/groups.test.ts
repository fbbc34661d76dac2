import { expect } from "chai";
import { rankCorrelation } from "../../statistics/rank-correlation.ts";
import { acrossSeeds } from "../../statistics/seeds.ts";
import { welch } from "../../statistics/welch.ts";
import { colouring } from "../../viewer/charts/colouring.ts";
import { groupLine } from "../../viewer/charts/group-line.ts";
import { groupedPanels } from "../../viewer/charts/grouped-panels.ts";
import { metricRanges } from "../../viewer/charts/metric-range.ts";
import { apartColours } from "../../viewer/charts/palette.ts";
import { smooth } from "../../viewer/charts/smooth.ts";
import { subjectsOf, sweptKeys } from "../../viewer/charts/subjects.ts";
import { alignedStores } from "../../viewer/many/answers.ts";
import { align, edgesOf } from "../../viewer/series/align.ts";
import { Store } from "../../viewer/series/store.ts";

const configs = [1e-3, 1e-2, 1e-1].flatMap((lr) =>
  [1, 2].map((seed) => ({ "train.lr": lr, seed, name: `${lr} ${seed}`, runs: "runs" })),
);
const runs = configs.map((_, i) => ({ id: `r${i}`, label: `run ${i}` }));
const wish = { by: undefined, groupedBy: ["train.lr"], theme: "light" as const, chosen: {} };

describe("sweptKeys", () => {
  it("finds what a sweep varied and leaves out names and seeds", () => {
    expect(sweptKeys(configs)).to.deep.equal(["train.lr"]);
    expect(sweptKeys(configs.slice(0, 3)), "too few runs to be groups").to.deep.equal([]);
    expect(sweptKeys(configs.map((one, i) => ({ ...one, "train.lr": i }))), "no two alike").to.deep.equal([]);
  });
});

describe("subjectsOf", () => {
  it("groups runs in the order of numbers, not of their spelling", () => {
    const groups = subjectsOf(runs, configs.toReversed(), ["train.lr"]);
    expect(groups.map(({ label }) => label)).to.deep.equal(["train.lr 0.001", "train.lr 0.01", "train.lr 0.1"]);
    expect(groups.map((group) => group.runs)).to.deep.equal([
      [4, 5],
      [2, 3],
      [0, 1],
    ]);
  });
});

describe("colouring", () => {
  it("follows one number in sequence and says from where to where", () => {
    const { colours, scale } = colouring(subjectsOf(runs, configs, ["train.lr"]), configs, wish);
    expect(scale).to.deep.equal({ key: "train.lr", low: "0.001", high: "0.1" });
    expect(new Set(colours).size).to.equal(3);
  });

  it("takes the colour that was chosen by hand", () => {
    const chosen = { "train.lr=0.01": "#123456" };
    const { colours } = colouring(subjectsOf(runs, configs, ["train.lr"]), configs, { ...wish, chosen });
    expect(colours[1]).to.equal("#123456");
  });

  it("never repeats a colour, however many lines there are", () => {
    for (const theme of ["light", "dark"] as const) expect(new Set(apartColours(120, theme)).size).to.equal(120);
  });
});

describe("align", () => {
  it("averages the rows of a bin, joins gaps within the run, and says nothing outside it", () => {
    const store = new Store();
    for (const [i, value] of [2, 4, Number.NaN, 10].entries()) {
      const step = [1, 2, 5, 9][i]!;
      const metrics: Record<string, number> = Number.isNaN(value) ? {} : { loss: value };
      store.append({ seq: i, step, tokens: step, time: step, metrics }, 0);
    }
    const { values, places } = align(store, "loss", "step", edgesOf(0, 15, 5, false));
    const expected = [3, 3 + 7 / 3, 3 + 14 / 3, 10];
    for (const [i, value] of expected.entries()) expect(values[i]).to.be.closeTo(value, 1e-12);
    expect(values[4]).to.be.NaN;
    expect(
      [...places].map((at) => (Number.isNaN(at) ? null : at)),
      "where it measured",
    ).to.deep.equal([1.5, null, null, 9, null]);
  });
});

describe("groupLine", () => {
  it("is the mean over runs with their t interval, and says from how many", () => {
    const aligned = {
      values: [{ loss: [1, 5] }, { loss: [2, null] }, { loss: [4, null] }],
      measured: [{ loss: 0 }, { loss: 1 }, { loss: 1 }],
      places: [
        [1, 2],
        [1, null],
      ],
      approximate: false,
      read: 1,
    };
    const line = groupLine("loss", { key: "g", label: "g", runs: [0, 1, 2] }, aligned);
    const expected = acrossSeeds([1, 2, 4]);
    expect(line.mean[0]).to.be.closeTo(7 / 3, 1e-12);
    expect(line.band!.low[0]).to.be.closeTo(expected.low, 1e-12);
    expect(line.band!.high[0]).to.be.closeTo(expected.high, 1e-12);
    expect(line.band!.n).to.deep.equal([3, 1]);
    expect([line.mean[1], line.band!.low[1]], "one run has no interval").to.deep.equal([5, null]);
  });

  it("has points only where its own runs measured, at the very step, however wide the bins", () => {
    const run = (...steps: number[]) => {
      const store = new Store();
      for (let step = 1; step <= 100; step++)
        store.append(
          { seq: step - 1, step, tokens: step, time: step, metrics: { ...(steps.includes(step) && { eval: step }) } },
          0,
        );
      return { store, origin: 0, read: 1 };
    };
    const asked = { axis: "step", keys: ["eval"], bins: 4, log: false } as const;
    const aligned = alignedStores([run(7), run(7), run(20, 60, 100)], asked);
    const xOf = (...runs: number[]) => groupLine("eval", { key: "", label: "", runs }, aligned).x;
    expect([xOf(0, 1), xOf(2)]).to.deep.equal([[7], [20, 60, 100]]);
  });
});

describe("groupedPanels", () => {
  it("cuts intervals off where a metric's description says that its values end, differences at twice that", () => {
    const aligned = {
      values: [{ "a/use": [0.2] }, { "a/use": [0.99] }, { "a/use": [0.4] }, { "a/use": [0.9] }],
      measured: Array.from({ length: 4 }, () => ({ "a/use": 0 })),
      places: [[1]],
      approximate: false,
      read: 1,
    };
    const low = { key: "l", label: "l", runs: [0, 1] };
    const high = { key: "h", label: "h", runs: [2, 3] };
    const ranges = metricRanges([{ key: "a/use", description: "Share of units. [0, 1]; more is more." }]);
    const common = { smooth: 0, dots: [], subjects: [low, high], colours: ["#000", "#111"] };
    const bandOf = (baseline: typeof low | undefined, of = ranges) =>
      groupedPanels(["a/use"], aligned, { ...common, ranges: of, baseline })[0]!.lines.at(-1)!.band!;
    expect(bandOf(undefined, new Map()).high[0], "without a range").to.be.greaterThan(2);
    expect([bandOf(undefined).low[0], bandOf(undefined).high[0]]).to.deep.equal([0, 1]);
    expect([bandOf(low).low[0], bandOf(low).high[0]]).to.deep.equal([-1, 1]);
    expect([...metricRanges([{ key: "b", description: "Hazard. >= 0." }]).values()]).to.deep.equal([[0, Infinity]]);
    expect(metricRanges([{ key: "c", description: "Units of [0, d_mlp]." }]).size).to.equal(0);
  });
});

describe("welch", () => {
  it("gives what scipy.stats.ttest_ind(equal_var=False) gives", () => {
    // a = [1, 2, 4], b = [3, 5, 8, 8]: ttest_ind(b, a, equal_var=False).confidence_interval().
    const a = { n: 3, mean: 7 / 3, variance: 7 / 3 };
    const b = { n: 4, mean: 6, variance: 6 };
    const { value, low, high } = welch(a, b);
    expect(value).to.be.closeTo(3.666667, 1e-6);
    expect([low, high].map((end) => Number(end.toFixed(3)))).to.deep.equal([-0.23, 7.563]);
  });
});

describe("rankCorrelation", () => {
  it("is 1 where one number rises with the other whatever the shape, and has no interval for three pairs", () => {
    const { value, low } = rankCorrelation([1, 2, 3, 4, 5, 6], [1, 10, 100, 1e3, 1e4, 1e5]);
    expect(value).to.be.closeTo(1, 1e-12);
    expect(low).to.be.greaterThan(0.99);
    expect(rankCorrelation([1, 2, 3], [3, 1, 2]).low).to.be.NaN;
    expect(rankCorrelation([1, 1, 1, 1], [1, 2, 3, 4]).value).to.be.NaN;
  });

  it("spans what Bonett and Wright's variance says", () => {
    const b = [3, 1, 6, 2, 10, 4, 8, 5, 7, 9];
    const { value, low, high } = rankCorrelation([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], b);
    expect(value, "scipy.stats.spearmanr").to.be.closeTo(0.6242424242, 1e-9);
    // atanh(0.62424) = 0.73193; 1.95996 sqrt((1 + 0.62424^2 / 2) / 7) = 0.80976.
    expect([low, high].map((end) => Number(end.toFixed(3)))).to.deep.equal([-0.078, 0.912]);
  });
});

describe("smooth", () => {
  it("looks at nothing that comes later, keeps a level and gaps, and weighs by distance", () => {
    const x = [0, 1, 2, 3, 4];
    const before = smooth(x, [1, 2, 3, 4, 5], 0.8);
    expect(smooth(x, [1, 2, 3, -100, 1e6], 0.8).slice(0, 3)).to.deep.equal(before.slice(0, 3));
    expect(smooth(x, [2, 2, null, 2, 2], 0.8)).to.deep.equal([2, 2, null, 2, 2]);
    // Reach 4 · 0.8³ / 4 = 0.512: a step of 1 keeps exp(-1 / 0.512) = 0.1418 of what was.
    const keep = Math.exp(-1 / 0.512);
    expect(before[1]).to.be.closeTo((keep + 2) / (keep + 1), 1e-12);
  });
});
