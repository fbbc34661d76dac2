import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { statusOf } from "../../studies/sweep/status.ts";
import { command } from "../helpers/command.ts";
import { faultsOf, killSweep, planOf, troubled } from "../helpers/killed-sweep.ts";
import { tinySweep, writeSweep } from "../helpers/sweeps.ts";
import { removeTempFolders, tempFolder, useTempDir } from "../helpers/temp.ts";

/** `bench/sweep-kills.ts` does the first of these with 200 kills. */
describe("experiment sweep on a bad day", function () {
  this.timeout(240_000);
  const dir = useTempDir();
  const sweep = (folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    command(["sweep", ...args], { cwd: folder, env });
  const reference = tempFolder();
  after(removeTempFolders);
  /** The same runs without any trouble; a later test's are made beside an earlier one's. */
  const untroubled = async (runs: number) => {
    writeSweep(reference, planOf(runs));
    const { code, stderr } = await sweep(reference, ["plan.yaml"]);
    expect(code, stderr).to.equal(0);
    return reference;
  };

  it("whose workers and pools are killed at any operation says the truth, and the next start does exactly what is missing", async () => {
    const folder = join(dir(), "killed");
    mkdirSync(folder);
    const seen: number[] = [];
    const runs = await killSweep(folder, {
      ...{ kills: 6, seed: 1, within: 60, runs: 4 },
      round: (_, { counts, runs: planned }) => {
        seen.push(counts.finished);
        expect(Object.values(counts).reduce((a, b) => a + b)).to.equal(planned);
        expect({ failed: counts.failed, damaged: counts.damaged }).to.deep.equal({ failed: 0, damaged: 0 });
      },
    });
    expect(seen).to.deep.equal([...seen].sort((a, b) => a - b));
    const last = await sweep(folder, ["plan.yaml", "--jobs", "2"]);
    expect(last.code, last.stderr).to.equal(0);
    expect(await faultsOf(folder, await untroubled(runs))).to.deep.equal([]);
  });

  it("with two commands on one plan at once shares the runs out, and both end well", async () => {
    const folder = join(dir(), "shared");
    mkdirSync(folder);
    writeSweep(folder, planOf(4));
    const both = [sweep(folder, ["plan.yaml", "--jobs", "1"]), sweep(folder, ["plan.yaml", "--jobs", "1"])];
    for (const { code, stdout, stderr } of await Promise.all(both)) {
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/^tiny: 4 runs: 4 finished\n/);
    }
    expect(await faultsOf(folder, await untroubled(4))).to.deep.equal([]);
  });

  it("whose disk is full in one run does the others, says so, and makes it whole when asked to try again", async () => {
    const folder = join(dir(), "full");
    mkdirSync(folder);
    writeSweep(folder, planOf(3));
    const { root, runs } = await tinySweep(folder);
    const full = join(root, runs[1]!.id);
    const first = await sweep(folder, ["plan.yaml", "--jobs", "1"], { NODE_OPTIONS: troubled, FULL: full });
    expect(first.code, first.stderr).to.equal(1);
    expect(first.stdout).to.match(/^tiny: 3 runs: 2 finished, 1 failed\n/);
    expect(first.stderr).to.include("no space left on device");
    const [named] = (await statusOf(await tinySweep(folder))).troubled;
    expect(named).to.include({ index: 1, state: "failed" });
    expect(named?.reason).to.include("no space left on device");
    const again = await sweep(folder, ["retry", "plan.yaml", "--jobs", "1"]);
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stderr).to.include("1 runs, 1 at a time");
    expect(await faultsOf(folder, await untroubled(3))).to.deep.equal([]);
  });
});
