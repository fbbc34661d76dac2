import { expect } from "chai";
import { holesText, noHoles, noteRow } from "../../../core/record/holes.ts";
import { runFileOf } from "../../helpers/run-file.ts";

/** What is told of rows that come in this order of `seq`. */
function told(seqs: readonly number[], fork?: number): string | undefined {
  const run = runFileOf(fork === undefined ? {} : { fork: { run: "a", step: fork } });
  const holes = noHoles(run);
  for (const seq of seqs) noteRow(holes, { seq, step: seq + 1 });
  return holesText(holes, run);
}

const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("noteRow", () => {
  it("says nothing of rows without holes, also after resumes, and of a fork's", () => {
    expect(told(count(0, 9))).to.equal(undefined);
    expect(told([...count(0, 9), ...count(6, 8), ...count(0, 3), ...count(3, 12)])).to.equal(undefined);
    expect(told(count(6, 12), 6)).to.equal(undefined);
  });

  it("forgets holes that a resume computed again, and keeps those before it", () => {
    expect(told([0, 1, 4, 5, 2, 3, 4])).to.equal(undefined);
    expect(told([0, 1, 4, 5, 1, 2])).to.equal(undefined);
    expect(told([0, 1, 4, 5, 5])).to.equal("rows are missing: 2 between steps 2 and 5");
    expect(told([0, 1, 4, 5, 3, 4])).to.equal("rows are missing: 1 between steps 2 and 4");
    expect(told([8, 9], 6)).to.equal("rows are missing: 2 between steps 6 and 9");
  });

  it("is bounded, whatever the file", () => {
    const many = told(count(0, 5000).map((i) => 2 * i));
    expect(many).to.match(/^rows are missing: 1 between steps 1 and 3, .* more in 96 other places$/);
  });
});
