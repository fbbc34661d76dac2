import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { PlanInput } from "../../../studies/sweep/index.ts";
import { command } from "../../helpers/command.ts";
import { writeSweep } from "../../helpers/sweeps.ts";
import { useTempDir } from "../../helpers/temp.ts";

describe("reluscope/sweep", function () {
  this.timeout(120_000);
  const dir = useTempDir();
  type Built = typeof import("../../../studies/sweep/index.ts");
  const built = async () =>
    (await import(new URL("../../../dist/studies/sweep/index.js", import.meta.url).href)) as Built;
  const plan: PlanInput = { name: "tiny", grid: { "train.lr": [1e-3, 1e-2], seed: [1, 2] } };

  it("does a plan in code, of which the command then finds nothing left, and sums it up", async () => {
    writeSweep(dir());
    const { openSweep, sweep, sweepResults } = await built();
    const ended: string[] = [];
    const report = (news: { kind: string }) => void (news.kind === "ended" && ended.push(news.kind));
    const status = await sweep(plan, { cwd: dir(), jobs: 2, report });
    expect(status.counts).to.include({ finished: 4, failed: 0 });
    expect(ended).to.have.length(4);
    const { root, runs } = await openSweep(plan, { cwd: dir() });
    expect(readdirSync(root).sort()).to.deep.equal([...runs.map(({ id }) => id), "tiny.sweep"].sort());
    const again = await command(["sweep", "plan.yaml"], { cwd: dir() });
    expect([again.code, again.stderr]).to.deep.equal([0, ""]);
    const { groups } = await sweepResults(plan, { metrics: ["eval/loss"], best: "min" }, { cwd: dir() });
    expect(groups.map(({ of, n }) => [of, n])).to.deep.equal([
      [[0.01], 2],
      [[0.001], 2],
    ]);
  });

  it("refuses a wrong plan before anything is on disk", async () => {
    writeSweep(dir());
    const { sweep, sweepStatus } = await built();
    const wrong = { ...plan, grid: { "train.lrr": [1] } };
    const said = await sweep(wrong, { cwd: dir() }).then(String, (thrown: Error) => thrown.message);
    expect(said).to.include("unknown key `lrr`. Did you mean `lr`?");
    expect(readdirSync(join(dir()))).to.not.include("runs");
    expect((await sweepStatus(plan, { cwd: dir() })).counts.waiting).to.equal(4);
  });
});
