import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { recordOf, wrongs } from "../../scripts/storm/compare.ts";
import { createStories, live } from "../../scripts/storm/lives.ts";
import { createPatient, mutate } from "../../scripts/storm/mutations.ts";
import { createKiller } from "../../scripts/storm/shim.ts";
import { commandPath } from "../helpers/command.ts";
import { useTempDir } from "../helpers/temp.ts";

describe("the storm, in short", function () {
  this.timeout(120_000);
  const dir = useTempDir();

  it("kills runs at chosen calls, and they come to what they would have been", async function () {
    if (!existsSync(commandPath)) this.skip(); // it needs a build: `npm run build`
    const killer = createKiller(dir());
    const stories = await createStories(dir(), killer);
    const lives = [];
    for (const [number, most] of [4, 1, 1, 2].entries()) {
      if (number === 1 || number === 2) continue; // number 3 is a fork's
      lives.push(await live(stories, killer, dir(), 5, number, most));
    }
    expect(lives.map(({ story }) => story)).to.deep.equal(["train", "fork"]);
    expect(lives.flatMap(({ wrong }) => wrong)).to.deep.equal([]);
    expect(lives.reduce((sum, { kills }) => sum + kills, 0)).to.be.at.least(4);
  });

  it("damages files, and what comes of it is right, refused, or said", async () => {
    const patient = await createPatient(dir());
    const outcomes = [];
    for (let number = 0; number < 30; number++) outcomes.push(await mutate(patient, dir(), 5, number));
    expect(outcomes.filter(({ outcome }) => outcome === "unseen")).to.deep.equal([]);
    expect(new Set(outcomes.map(({ outcome }) => outcome)).size, "mutations of several effects").to.be.above(1);
  });

  it("sees what is lost, doubled and untrue", async () => {
    const { project, run, expected } = await createPatient(dir());
    const record = await recordOf(join(project, "runs", run));
    expect(new Set(wrongs(record, expected).map(({ what }) => what))).to.deep.equal(new Set(["lost", "untrue"]));
    const [first] = expected.rows;
    const doubled = { ...expected, rows: [first!, ...expected.rows] };
    expect(wrongs(doubled, expected)).to.deep.equal([{ what: "doubled", where: "rows of step 1" }]);
    expect(wrongs(expected, expected)).to.deep.equal([]);
  });
});
