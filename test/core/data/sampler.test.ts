import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { assemble, type Split } from "../../../core/data/assemble.ts";
import { permutation } from "../../../core/data/permutation.ts";
import { createSampler } from "../../../core/data/sampler.ts";
import { splitDocuments } from "../../../core/data/split.ts";
import { type Batch, countWindows, evalWindows, windowsOf } from "../../../core/data/windows.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const n_ctx = 4;
const documentEnds = [0, 23, 28, 45, 50, 61];

/** Tokens 0, 1, 2, ... in documents of lengths 23 5 17 5 11: a token's id says where it stands. */
const split: Split = {
  tokens: Uint16Array.from({ length: 61 }, (_, i) => i),
  starts: Float64Array.from(documentEnds.slice(0, -1)),
  ends: Float64Array.from(documentEnds.slice(1)),
};
const perEpoch = 5 + 1 + 4 + 1 + 2;

const firstsOf = ({ tokens }: Batch) => Array.from({ length: tokens.shape[0]! }, (_, row) => tokens.data[row * n_ctx]!);
const startsOf = (of: Split) => {
  const { count, startOf } = windowsOf(of, n_ctx);
  return Array.from({ length: count }, (_, window) => startOf(window));
};
const documentOf = (token: number) => documentEnds.findIndex((end) => token < end);

describe("createSampler", () => {
  it("gives [batch pos] tokens and, one further on in the same document, targets", () => {
    const { tokens, targets } = createSampler(split, { n_ctx, seed: 1 }).next(perEpoch);
    expect(tokens.shape).to.deep.equal([perEpoch, n_ctx]);
    expect(targets.shape).to.deep.equal([perEpoch, n_ctx]);
    expect(tokens.data).to.be.an.instanceOf(Int32Array);
    tokens.data.forEach((token, i) => {
      const first = tokens.data[i - (i % n_ctx)]!;
      expect(token).to.equal(first + (i % n_ctx));
      expect(targets.data[i]).to.equal(token + 1);
      expect(documentOf(token + 1)).to.equal(documentOf(first));
    });
  });

  it("visits every window of an epoch once, and predicts no token twice", () => {
    const sampler = createSampler(split, { n_ctx, seed: 3 });
    expect(sampler.windows).to.equal(perEpoch);
    for (let epoch = 0; epoch < 5; epoch++) {
      const batches = [4, 1, perEpoch - 5].map((batch) => sampler.next(batch));
      const targets = batches.flatMap(({ targets: { data } }) => Array.from(data));
      expect(new Set(targets).size).to.equal(perEpoch * n_ctx);
      const inDocuments = batches.flatMap(firstsOf).map(documentOf).sort();
      expect(inDocuments).to.deep.equal([1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4, 5, 5]);
      expect(sampler.cursor()).to.deep.equal({ epoch, position: perEpoch });
    }
  });

  it("shifts the windows from epoch to epoch, so that in time every token is seen", () => {
    const sampler = createSampler(split, { n_ctx, seed: 3 });
    const seen = new Set(Array.from(sampler.next(40 * perEpoch).targets.data));
    expect(seen.size).to.equal(61 - 5); // all but each document's first token
  });

  it("goes on over the end of an epoch, also with a batch of several epochs", () => {
    const [whole, parts] = [1, 2].map(() => createSampler(split, { n_ctx, seed: 5 }));
    const expected = firstsOf(whole!.next(3 * perEpoch + 2));
    const got = Array.from({ length: 3 * perEpoch + 2 }, () => firstsOf(parts!.next(1))).flat();
    expect(got).to.deep.equal(expected);
    expect(whole!.cursor()).to.deep.equal({ epoch: 3, position: 2 });
  });

  it("goes on from any restored cursor as if it had never stopped", () => {
    const uninterrupted = createSampler(split, { n_ctx, seed: 9 });
    for (let step = 0; step < 12; step++) {
      const cursor = JSON.parse(JSON.stringify(uninterrupted.cursor()));
      const resumed = createSampler(split, { n_ctx, seed: 9 });
      resumed.next(step); // whatever it did before must not matter
      resumed.restore(cursor);
      expect(resumed.next(3)).to.deep.equal(uninterrupted.next(3));
      expect(resumed.next(perEpoch)).to.deep.equal(uninterrupted.next(perEpoch));
    }
  });

  it("orders by seed, order and epoch alone", () => {
    const first = (options: { seed: number; order?: number }) =>
      firstsOf(createSampler(split, { n_ctx, ...options }).next(perEpoch));
    expect(first({ seed: 1 })).to.deep.equal(first({ seed: 1, order: 0 }));
    expect(first({ seed: 1 })).not.to.deep.equal(first({ seed: 2 }));
    expect(first({ seed: 1 })).not.to.deep.equal(first({ seed: 1, order: 1 }));
    const sampler = createSampler(split, { n_ctx, seed: 1 });
    expect(firstsOf(sampler.next(perEpoch))).not.to.deep.equal(firstsOf(sampler.next(perEpoch)));
  });

  it("visits every window once, too, where there are too many for a list", () => {
    const sampler = createSampler({ ...split, vast: true }, { n_ctx, seed: 3 });
    const epochs = [1, 2].map(() => sampler.next(perEpoch));
    for (const { targets } of epochs) expect(new Set(targets.data).size).to.equal(perEpoch * n_ctx);
    expect(firstsOf(epochs[0]!)).not.to.deep.equal(firstsOf(epochs[1]!));
    const far = permutation(2 ** 34 + 12_345, createRandom(1, "test"));
    const places = Array.from({ length: 2000 }, (_, i) => far(i * 8_589_000 + 11));
    expect(new Set(places).size).to.equal(2000);
    expect(Math.max(...places)).to.be.within(2 ** 33, 2 ** 34 + 12_344);
    const steps = places.slice(1).map((place, i) => Number(place > places[i]!));
    expect(steps.reduce((sum, up) => sum + up) / steps.length).to.be.closeTo(0.5, 0.05);
  });

  it("gives arrays that later batches leave alone", () => {
    const sampler = createSampler(split, { n_ctx, seed: 1 });
    const batch = sampler.next(2);
    const copy = structuredClone(batch);
    sampler.next(2);
    expect(batch).to.deep.equal(copy);
  });

  it("refuses a cursor that cannot be its own", () => {
    const sampler = createSampler(split, { n_ctx, seed: 1 });
    for (const cursor of [
      { epoch: 0, position: perEpoch + 1 },
      { epoch: -1, position: 0 },
      { epoch: 0, position: 0.5 },
    ]) {
      expect(thrownBy(() => sampler.restore(cursor)).message).to.match(
        /^data cursor: expected a position in an epoch of 13/,
      );
    }
  });

  it("refuses a split without a window", () => {
    const error = thrownBy(() => createSampler(split, { n_ctx: 64, seed: 1 }));
    expect(error.message).to.contain("at least n_ctx + 1 = 65 tokens");
  });
});

describe("windowsOf", () => {
  it("starts at each document's first token, and finds as many windows with a random start", () => {
    expect(startsOf(split)).to.deep.equal([0, 4, 8, 12, 16, 23, 28, 32, 36, 40, 45, 50, 54]);
    expect(windowsOf(split, n_ctx, createRandom(1, "test")).count).to.equal(perEpoch);
    expect(countWindows(split, n_ctx)).to.equal(perEpoch);
  });
});

describe("evalWindows", () => {
  it("gives the same windows each time, spread evenly over the held-out text", () => {
    const { count, available, ...batch } = evalWindows({ eval: split }, n_ctx, 4);
    expect({ count, available }).to.deep.equal({ count: 4, available: perEpoch });
    expect(firstsOf(batch)).to.deep.equal([4, 16, 36, 50]); // windows 1, 4, 8 and 11 of 13
    expect(evalWindows({ eval: split }, n_ctx, 4)).to.deep.equal({ count, available, ...batch });
  });

  it("gives all there are when more are asked for, and says so", () => {
    const windows = evalWindows({ eval: split }, n_ctx, 1000);
    expect(windows.count).to.equal(perEpoch);
    expect(windows.available).to.equal(perEpoch);
    expect(firstsOf(windows)).to.deep.equal(startsOf(split));
  });

  it("shares no token with a training window", () => {
    const ids = Uint16Array.from({ length: 400 }, (_, i) => i);
    const documents = Array.from({ length: 20 }, (_, i) => ids.subarray(i * 20, i * 20 + 20));
    for (const given of [documents, [ids]]) {
      const lengths = given.map(({ length }) => length);
      const sides = splitDocuments(lengths, { eval_fraction: 0.3, n_ctx, split_seed: 2, pack: false }, "corpus");
      const { train, eval: heldOut } = assemble(given, sides, n_ctx, undefined);
      const held = evalWindows({ eval: heldOut.split }, n_ctx, 1000);
      const sampler = createSampler(train.split, { n_ctx, seed: 2 });
      const trained = sampler.next(30 * sampler.windows);
      const trainedIds = new Set([...trained.tokens.data, ...trained.targets.data]);
      expect([...held.tokens.data, ...held.targets.data].filter((id) => trainedIds.has(id))).to.deep.equal([]);
    }
  });
});
