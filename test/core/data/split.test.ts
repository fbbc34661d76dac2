import { expect } from "chai";
import { type Split, splitDocuments } from "../../../core/data/split.ts";
import { thrownBy } from "../../helpers/thrown.ts";

/** Documents of these lengths; every token of document i is i. */
function documentsOf(lengths: readonly number[]): Uint16Array[] {
  return lengths.map((length, i) => new Uint16Array(length).fill(i));
}

const idsOf = ({ tokens, starts, ends }: Split) =>
  Array.from(starts, (start, i) => Array.from(tokens.subarray(start, ends[i])));
const numbersOf = (split: Split) => idsOf(split).map((ids) => ids[0]!);
const options = { eval_fraction: 0.2, n_ctx: 4, seed: 1 };

describe("splitDocuments", () => {
  const lengths = Array.from({ length: 50 }, (_, i) => 5 + (i % 7));

  it("puts each document whole on one side and holds out the share that was asked for", () => {
    const documents = documentsOf(lengths);
    const { train, eval: held, by } = splitDocuments(documents, options, "corpus");
    expect(by).to.equal("documents");
    expect(numbersOf(held)).to.have.length(10);
    expect([...numbersOf(train), ...numbersOf(held)].sort((a, b) => a - b)).to.deep.equal(documents.map((_, i) => i));
    for (const ids of [...idsOf(train), ...idsOf(held)]) expect(ids).to.deep.equal(Array.from(documents[ids[0]!]!));
  });

  it("draws the documents by seed", () => {
    const held = (seed: number) => numbersOf(splitDocuments(documentsOf(lengths), { ...options, seed }, "corpus").eval);
    expect(held(1)).to.deep.equal(held(1));
    expect(held(1)).not.to.deep.equal(held(2));
  });

  it("keeps at least one document on each side", () => {
    for (const eval_fraction of [0, 1]) {
      const { train, eval: held } = splitDocuments(documentsOf([9, 9, 9]), { ...options, eval_fraction }, "corpus");
      expect(numbersOf(eval_fraction === 0 ? held : train)).to.have.length(1);
      expect(numbersOf(eval_fraction === 0 ? train : held)).to.have.length(2);
    }
  });

  it("leaves out documents without a window", () => {
    const { train, eval: held } = splitDocuments(documentsOf([4, 5, 0, 5, 1]), options, "corpus");
    expect([...numbersOf(train), ...numbersOf(held)].sort()).to.deep.equal([1, 3]);
  });

  it("holds the same documents out at another n_ctx when all are long enough", () => {
    const held = (n_ctx: number) =>
      numbersOf(splitDocuments(documentsOf(lengths), { ...options, n_ctx }, "corpus").eval);
    expect(held(2)).to.deep.equal(held(4));
  });

  it("holds out the tail of the only document that is long enough", () => {
    const only = Uint16Array.from({ length: 100 }, (_, i) => i);
    const { train, eval: held, by } = splitDocuments([new Uint16Array(3), only], options, "corpus");
    expect(by).to.equal("tail");
    expect(idsOf(train)).to.deep.equal([Array.from(only.subarray(0, 80))]);
    expect(idsOf(held)).to.deep.equal([Array.from(only.subarray(80))]);
  });

  it("leaves each part of an only document room for a window", () => {
    const sizes = (length: number, eval_fraction: number) => {
      const { train, eval: held } = splitDocuments(documentsOf([length]), { ...options, eval_fraction }, "corpus");
      return [...idsOf(train), ...idsOf(held)].map((ids) => ids.length);
    };
    expect(sizes(30, 0)).to.deep.equal([25, 5]);
    expect(sizes(30, 1)).to.deep.equal([5, 25]);
    expect(sizes(10, 0.2)).to.deep.equal([5, 5]);
  });

  it("says how many tokens there are and how many it needs", () => {
    const message = (lengths: readonly number[]) => {
      const error = thrownBy(() => splitDocuments(documentsOf(lengths), options, "corpus `x`"));
      expect(error.code).to.equal("data.invalid");
      return error.message;
    };
    const need = "corpus `x`: expected two documents of at least n_ctx + 1 = 5 tokens, or one of 10";
    expect(message([9])).to.equal(`${need}, got one of 9. Give it more text or use a smaller model.n_ctx.`);
    expect(message([4, 2])).to.contain(`${need}, got 2 with 6 in all, the longest 4.`);
  });
});
