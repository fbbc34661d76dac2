import { expect } from "chai";
import type { StoredTensor } from "../../../core/weights/stored.ts";
import { matchWeights } from "../../../core/weights/table.ts";

describe("matchWeights", () => {
  it("reads each tensor when its turn comes, and lets go of it: a model never stands in memory twice", () => {
    const read: string[] = [];
    const tensor = (name: string): [string, StoredTensor] => [
      name,
      {
        shape: [2],
        dtype: "F32",
        read: () => {
          read.push(name);
          return Float32Array.of(1, 2);
        },
      },
    ];
    const stored = { tensors: new Map(["a", "b", "c"].map(tensor)), close: () => {} };
    const parameters = { first: { from: "a" }, second: { from: "b" }, third: { from: "c" } };
    const table = { parameters, prefixes: [""], unneeded: /^$/ };
    const matched = matchWeights(stored, table, { first: [2], second: [2], third: [2] }, "here");
    expect(read).to.deep.equal([]);
    const taken = matched.parameters();
    expect(taken.next().value?.[0]).to.equal("first");
    expect(read).to.deep.equal(["a"]);
    const [once, twice] = [matched.parameters(), matched.parameters()].map((all) => [...all][0]![1].data);
    expect(once).to.not.equal(twice); // each array is given away: nothing else may hold on to it
  });
});
