import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  type PublishedSession,
  paragraph,
  publishedRows,
  tables,
  withBlock,
  withSession,
} from "../../bench/published.ts";

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const sessions = JSON.parse(read("docs/speed.json")) as PublishedSession[];

describe("speed as it is published", () => {
  it("is what the bench wrote into docs/speed.json, in README.md and docs/engine.md alike", () => {
    for (const { rows } of sessions) expect(rows.map(({ id }) => id)).to.deep.equal(Object.keys(publishedRows));
    expect(withBlock(read("README.md"), paragraph(sessions))).to.equal(read("README.md"));
    expect(withBlock(read("docs/engine.md"), tables(sessions))).to.equal(read("docs/engine.md"));
  });

  it("is replaced by a newer session of the same machine, threads and clock, and by no other", () => {
    const [first] = sessions as [PublishedSession];
    const newer = { ...first, rounds: first.rounds + 1 };
    expect(withSession([first], newer)).to.deep.equal([newer]);
    expect(withSession([first], { ...newer, threads: 64 })).to.have.lengthOf(2);
  });
});
