import * as tf from "@tensorflow/tfjs";
import { expect } from "chai";
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../core/arrays/random.ts";
import { openBackend } from "../../../core/engine/backend.ts";
import {
  nullEntropy,
  specificities,
  specificityReport,
} from "../../../plugins/analyzers/layer-contrast/specificity.ts";
import { countTypes, typeRanks } from "../../../plugins/analyzers/layer-contrast/token-types.ts";
import { mean, median } from "../../../statistics/moments.ts";

const random = createRandom(81, "specificity");
/** A text in which token v is half as frequent as token v - 1. */
const text = (length: number) => Array.from({ length }, () => Math.min(9, Math.floor(-Math.log2(1 - random.next()))));

function entropyOf(tokens: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return [...counts.values()].reduce((sum, k) => sum - (k / tokens.length) * Math.log(k / tokens.length), 0);
}

/** Counts `[types units]` of units that fire where a rule says, for tokens numbered from 0. */
function countsOf(tokens: readonly number[], units: number, fires: (t: number, i: number) => boolean): NDArray {
  const types = Math.max(...tokens) + 1;
  const data = new Int32Array(types * units);
  tokens.forEach((token, t) => {
    for (let i = 0; i < units; i++) if (fires(t, i)) data[token * units + i]!++;
  });
  return { shape: [types, units], data };
}

const presentIn = (tokens: readonly number[]) => {
  const present = new Int32Array(Math.max(...tokens) + 1);
  for (const token of tokens) present[token]!++;
  return present;
};

describe("typeRanks", () => {
  before(() => openBackend("cpu"));

  it("numbers tokens by falling frequency, equally frequent ones by their first place", () => {
    const ranks = (tokens: number[]) => [...typeRanks(tf, tf.tensor1d(tokens, "int32")).dataSync()];
    expect(ranks([7, 50_256, 3, 3, 7, 3, 9])).to.deep.equal([1, 2, 0, 0, 1, 0, 3]);
    expect(ranks([5, 5])).to.deep.equal([0, 0]);
  });

  it("agrees with counting on any text", () => {
    const tokens = text(300);
    const counts = presentIn(tokens);
    const order = [...new Set(tokens)].sort((a, b) => counts[b]! - counts[a]! || tokens.indexOf(a) - tokens.indexOf(b));
    const ranks = typeRanks(tf, tf.tensor1d(tokens, "int32")).dataSync();
    expect([...ranks]).to.deep.equal(tokens.map((token) => order.indexOf(token)));
  });
});

describe("countTypes", () => {
  before(() => openBackend("cpu"));

  it("counts firings at the most frequent tokens, as whole numbers, of chosen units", () => {
    const tokens = [4, 4, 8, 8, 4, 1, 8, 4];
    const fires = tokens.map((_, t) => Array.from({ length: 6 }, (_, i) => ((t + i) % 3 === 0 ? 0.5 : 0)));
    const post = tf.tensor3d([fires.slice(0, 4), fires.slice(4)]);
    const inputs = { tf, tokens: tf.tensor2d([tokens.slice(0, 4), tokens.slice(4)], undefined, "int32") };
    const { present, firings } = countTypes(inputs, [post], 2, [[0, 2, 5]]);
    const expected = [4, 8].flatMap((token) =>
      [0, 2, 5].map((i) => tokens.filter((one, t) => one === token && fires[t]![i]! > 0).length),
    );
    expect([...present.dataSync()]).to.deep.equal([4, 3]);
    expect([firings[0]!.shape, firings[0]!.dtype]).to.deep.equal([[2, 3], "int32"]);
    expect([...firings[0]!.dataSync()]).to.deep.equal(expected);
  });

  it("leaves room where a text has fewer tokens than asked for", () => {
    const inputs = { tf, tokens: tf.tensor2d([[2, 2]], undefined, "int32") };
    const { present, firings } = countTypes(inputs, [tf.tensor3d([[[1], [0]]])], 3, [[0]]);
    expect([...present.dataSync()]).to.deep.equal([2, 0, 0]);
    expect([...firings[0]!.dataSync()]).to.deep.equal([1, 0, 0]);
  });
});

describe("nullEntropy", () => {
  it("is the mean entropy of all choices of positions", () => {
    const tokens = [0, 0, 0, 1, 1, 2, 3, 3];
    const expected = nullEntropy(presentIn(tokens));
    for (let c = 1; c <= tokens.length; c++) {
      const all: number[] = [];
      for (let set = 0; set < 2 ** tokens.length; set++) {
        const chosen = tokens.filter((_, t) => (set >> t) & 1);
        if (chosen.length === c) all.push(entropyOf(chosen));
      }
      expect(expected(c)).to.be.closeTo(mean(all), 1e-12);
    }
  });
});

describe("specificities", () => {
  const tokens = text(2000);
  const expected = nullEntropy(presentIn(tokens));

  it("are 0 on average for units that fire at random, however seldom", () => {
    for (const rate of [0.008, 0.05, 0.5]) {
      const found = specificities(
        countsOf(tokens, 400, () => random.next() < rate),
        expected,
      ).filter(Number.isFinite);
      expect(found.length).to.be.above(300);
      expect(mean(found)).to.be.closeTo(0, 0.015);
      expect(median(found)).to.be.closeTo(0, 0.02);
    }
  });

  it("would be far from 0 for such units if entropy were taken over the log of the number of tokens", () => {
    const { shape, data } = countsOf(tokens, 400, () => random.next() < 0.008);
    const naive = Array.from({ length: shape[1]! }, (_, i) => {
      const at: number[] = [];
      for (let v = 0; v < shape[0]!; v++) at.push(...Array<number>(data[v * shape[1]! + i]!).fill(v));
      return 1 - entropyOf(at) / Math.log(10);
    });
    expect(median(naive.filter(Number.isFinite))).to.be.above(0.4);
  });

  it("find planted units: one token, two tokens, one token among noise, none too few to tell", () => {
    const rules = [
      (t: number) => tokens[t] === 3,
      (t: number) => tokens[t] === 3 || tokens[t] === 2,
      (t: number) => tokens[t] === 3 || random.next() < 0.05,
      () => random.next() < 0.05,
      (t: number) => t < 9,
    ];
    const found = specificities(
      countsOf(tokens, 5, (t, i) => rules[i]!(t)),
      expected,
    );
    expect(found[0]).to.equal(1);
    expect(found[1]).to.be.within(0.4, found[0]!);
    expect(found[2]).to.be.within(0.1, found[1]!);
    expect(found[3]).to.be.closeTo(0, 0.1);
    expect(found[4]).to.be.NaN;
  });

  it("are summed up by median, upper tail and share", () => {
    const specific = (i: number) => i < 30;
    const firings = countsOf(tokens, 100, (t, i) => (specific(i) ? tokens[t] === i % 4 : random.next() < 0.1));
    const { specificity, specificity_q90, specificity_units } = specificityReport(specificities(firings, expected));
    expect(specificity).to.be.closeTo(0, 0.05);
    expect(specificity_q90).to.equal(1);
    expect(specificity_units).to.equal(1);
    expect(specificityReport(specificities({ shape: [10, 4], data: new Int32Array(40) }, expected)).specificity).to.be
      .NaN;
  });
});
