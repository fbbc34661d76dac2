import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { recordOf, wrongs } from "../../scripts/storm/compare.ts";
import { createStories, live } from "../../scripts/storm/lives.ts";
import { createPatient, mutate } from "../../scripts/storm/mutations.ts";
import { isWell, playSchedule } from "../../scripts/storm/schedules.ts";
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

  it("plays schedules of a W&B server, goes on from a state file, and exits with 1 once a row was lost", async () => {
    const played = await playSchedule(dir(), 3, 1);
    expect([isWell(played), played.forgetting]).to.deep.equal([true, true]);
    const state = join(dir(), "state.jsonl");
    writeFileSync(state, `${JSON.stringify({ seed: 3, schedule: { ...played, lost: [7] } })}\n`);
    const flags = ["--kills", "0", "--files", "0", "--schedules", "3", "--seed", "3", "--state", state];
    const command = ["--import", "tsx/esm", "scripts/storm/main.ts", ...flags];
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8" });
    expect(stdout).to.match(
      /\n3 schedules of a W&B server, 2 of them forgetting\n {2}1 rows lost, 0 doubled, 0 untrue\n/,
    );
    expect(status).to.equal(1);
    expect(readFileSync(state, "utf8").trim().split("\n")).to.have.length(3);
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
