import { expect } from "chai";
import { type Piece, type Sides, sizeOf, splitDocuments } from "../../../core/data/split.ts";
import { thrownBy } from "../../helpers/thrown.ts";

const options = { eval_fraction: 0.2, n_ctx: 4, split_seed: 1, pack: true };
const split = (lengths: readonly number[], changes: Partial<typeof options> = {}) =>
  splitDocuments(lengths, { ...options, ...changes }, "corpus `x`");

const tokensOf = (pieces: readonly Piece[]) => pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
const shareOf = ({ train, eval: held }: Sides) => tokensOf(held) / (tokensOf(train) + tokensOf(held));
const documentsOf = (pieces: readonly Piece[]) => [...new Set(pieces.map(({ document }) => document))];

describe("splitDocuments", () => {
  const lengths = Array.from({ length: 50 }, (_, i) => 5 + (i % 7));

  it("puts whole documents on one side each and holds out the share of tokens that was asked for", () => {
    const { train, eval: held, by } = split(lengths);
    expect(by).to.equal("documents");
    expect([...documentsOf(train), ...documentsOf(held)].sort((a, b) => a - b)).to.deep.equal(lengths.map((_, i) => i));
    for (const piece of [...train, ...held]) expect(sizeOf(piece)).to.equal(lengths[piece.document]);
    expect(shareOf({ train, eval: held, by })).to.be.closeTo(0.2, 0.01);
  });

  it("draws by split_seed", () => {
    const held = (split_seed: number) => documentsOf(split(lengths, { split_seed }).eval);
    expect(held(1)).to.deep.equal(held(1));
    expect(held(1)).not.to.deep.equal(held(2));
  });

  it("holds out the same text at another n_ctx", () => {
    expect(split(lengths, { n_ctx: 2 }).eval).to.deep.equal(split(lengths).eval);
  });

  it("is near the share for every seed where a few files differ a lot in size", () => {
    for (let split_seed = 0; split_seed < 30; split_seed++) {
      const sides = split([40_000, 3_000, 90_000], { eval_fraction: 0.05, n_ctx: 64, split_seed });
      expect(sides.by).to.equal("blocks");
      expect(shareOf(sides)).to.be.within(0.043, 0.0501);
    }
  });

  it("cuts documents that are too large a unit into blocks, which lose and repeat nothing", () => {
    const sides = split([1000, 300]);
    const covered = [1000, 300].map((length) => new Uint8Array(length));
    for (const { document, start, end } of [...sides.train, ...sides.eval]) {
      for (let i = start; i < end; i++) covered[document]![i]! += 1;
    }
    for (const document of covered) expect([...new Set(document)]).to.deep.equal([1]);
    expect(sides.eval.length).to.be.greaterThan(3);
    for (const piece of sides.eval) expect(sizeOf(piece)).to.be.greaterThan(4);
  });

  it("joins neighbouring blocks of one side", () => {
    const { train, eval: held } = split([1000]);
    for (const pieces of [train, held]) {
      pieces.forEach((piece, i) => {
        expect(piece.start).not.to.equal(pieces[i - 1]?.end);
      });
    }
  });

  it("leaves each side a window, also where no document fits into the share", () => {
    const sizes = (given: readonly number[], eval_fraction: number) => {
      const sides = split(given, { eval_fraction, pack: false });
      return [sides.train, sides.eval].map((side) => side.map(sizeOf));
    };
    expect(sizes([9, 9, 9], 0.01)).to.deep.equal([[9, 9], [9]]);
    expect(sizes([10], 0.2)).to.deep.equal([[5], [5]]);
    expect(sizes([5, 5], 0.9)).to.deep.equal([[5], [5]]);
    const [train, held] = sizes([9, 9, 9], 0.99);
    expect([train?.length, held?.length]).to.deep.equal([1, 2]);
  });

  it("has no place for documents without a token", () => {
    const { train, eval: held } = split([0, 20, 0]);
    expect(documentsOf([...train, ...held])).to.deep.equal([1]);
  });

  it("says how many tokens there are and how many it needs", () => {
    const message = (given: readonly number[], pack: boolean) => {
      const error = thrownBy(() => split(given, { pack }));
      expect(error.code).to.equal("data.invalid");
      return error.message;
    };
    const more = "Give it more text or use a smaller model.n_ctx.";
    expect(message([9], true)).to.equal(
      `corpus \`x\`: expected at least 10 tokens, a window of n_ctx + 1 = 5 for training and one that is held out, got a document: one of 9. ${more}`,
    );
    expect(message([4, 4, 4], false)).to.equal(
      `corpus \`x\`: expected two documents of at least n_ctx + 1 = 5 tokens, or one of 10, got documents: 3 with 12 in all, the longest 4. ${more}`,
    );
  });
});
