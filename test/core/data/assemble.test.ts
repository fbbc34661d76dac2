import { expect } from "chai";
import { assemble, type Side } from "../../../core/data/assemble.ts";

const whole = (document: number, end: number) => ({ document, start: 0, end });
const documents = [Uint16Array.of(1, 1, 1, 1, 1, 1), Uint16Array.of(2, 2), Uint16Array.of(3, 3, 9), Uint16Array.of(4)];
const sides = {
  train: [whole(0, 6), whole(1, 2), whole(2, 3)],
  eval: [{ document: 0, start: 2, end: 6 }, whole(3, 1)],
  by: "documents",
} as const;
const spans = ({ split: { tokens, starts, ends } }: Side) =>
  Array.from(starts, (start, i) => Array.from(tokens.subarray(start, ends[i]!)));

describe("assemble", () => {
  it("joins what is shorter than a window on its own side, each piece ended by the separator once", () => {
    const { train, eval: held } = assemble(documents, sides, 3, [9]);
    expect(spans(train)).to.deep.equal([
      [1, 1, 1, 1, 1, 1],
      [2, 2, 9, 3, 3, 9],
    ]);
    expect(train.used).to.deep.equal({ documents: 3, tokens: 11 });
    expect(train.packed).to.deep.equal({ documents: 2, tokens: 5 });
    expect(spans(held)).to.deep.equal([[1, 1, 1, 1]]);
  });

  it("leaves out, and counts, what comes to no window together", () => {
    const { eval: held } = assemble(documents, sides, 3, [9]);
    expect(held.short).to.deep.equal({ documents: 1, tokens: 1 });
    expect(held.used).to.deep.equal({ documents: 1, tokens: 4 });
  });

  it("joins nothing without a separator", () => {
    const { train } = assemble(documents, sides, 3, undefined);
    expect(spans(train)).to.deep.equal([[1, 1, 1, 1, 1, 1]]);
    expect(train.short).to.deep.equal({ documents: 2, tokens: 5 });
    expect(train.packed).to.deep.equal({ documents: 0, tokens: 0 });
  });
});
