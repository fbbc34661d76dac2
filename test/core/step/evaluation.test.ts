import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { summariseWindows } from "../../../core/step/evaluation.ts";
import { interval } from "../../../statistics/jackknife.ts";

describe("summariseWindows", () => {
  it("takes documents as units: equal windows within each give the textbook error of the documents' means", () => {
    const found = summariseWindows([1, 1, 2, 2, 6, 6], [0, 0, 1, 1, 2, 2]);
    expect([found.loss, found.windows, found.documents]).to.deep.equal([3, 6, 3]);
    expect(found.standardError).to.be.closeTo(Math.sqrt(7 / 3), 1e-12); // variance of 1, 2, 6 is 7
  });

  it("has no error where all windows are of one document, a single window among them", () => {
    expect(summariseWindows([1, 2, 3], [4, 4, 4]).standardError).to.be.NaN;
    expect(summariseWindows([1], [0]).standardError).to.be.NaN;
  });

  it("covers the mean over documents in 95 % of data sets, windows of one being alike", () => {
    const random = createRandom(64, "windows");
    // 12 documents of unequal length; a skewed window on a document's own level.
    let covered = 0;
    for (let round = 0; round < 2000; round++) {
      const documents: number[] = [];
      const losses: number[] = [];
      for (let d = 0; d < 12; d++) {
        const level = 0.25 * random.normal();
        for (let w = 0; w < 3 + random.integer(6); w++) {
          documents.push(d);
          losses.push(2 + level - 0.5 * Math.log(1 - random.next()));
        }
      }
      const { loss, standardError, documents: count } = summariseWindows(losses, documents);
      const { low, high } = interval(loss, standardError, count - 1);
      if (low <= 2.5 && 2.5 <= high) covered++;
    }
    expect(covered / 2000).to.be.within(0.93, 0.97);
  });
});
