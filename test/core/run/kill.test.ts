import { join } from "node:path";
import { expect } from "chai";
import { createRandom } from "../../../core/arrays/random.ts";
import { command } from "../../helpers/command.ts";
import { killAfterRows } from "../../helpers/killed.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { comparableRows, onlyRun, tinyConfig, weightsHash, writeTiny } from "../../helpers/tiny.ts";

describe("a run that is killed", function () {
  this.timeout(240_000);
  const dir = useTempDir();

  const changes = {
    engine: "auto",
    train: { ...tinyConfig.train, steps: 200 },
    checkpoint: { every: 3, keep_last: 2 },
  };

  it("resumes to the same rows and weights, after SIGKILL at 10 random rows", async () => {
    const whole = join(dir(), "whole");
    writeTiny(whole, changes);
    expect((await command(["train"], { cwd: whole })).code).to.equal(0);

    const cut = join(dir(), "cut");
    writeTiny(cut, changes);
    const random = createRandom(20, "kills");
    let args = ["train"];
    for (let kills = 0; kills < 10; kills++) {
      const more = random.integer(10); // 0: between its first sign and its first row
      const ended = await command(args, { cwd: cut, started: (child) => killAfterRows(child, cut, more) });
      expect(ended.signal, `${kills} kills, then ${ended.stderr}`).to.equal("SIGKILL");
      args = ["resume", "latest"];
    }
    const last = await command(args, { cwd: cut });
    expect(last.code, last.stderr).to.equal(0);

    expect(await comparableRows(onlyRun(cut))).to.deep.equal(await comparableRows(onlyRun(whole)));
    expect(weightsHash(onlyRun(cut))).to.equal(weightsHash(onlyRun(whole)));
  });
});
