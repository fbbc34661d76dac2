import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readRun } from "../../../core/record/runs.ts";
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

  it("makes forks, several at a time, of which the command then finds none missing, and makes one more", async () => {
    writeSweep(dir(), { grid: { seed: [1] } }, { checkpoint: { every: 2, keep_last: 3 } });
    const { openSweep, sweep, sweepForks } = await built();
    const one = { name: "one", grid: { seed: [1] } };
    await sweep(one, { cwd: dir() });
    const { root, runs } = await openSweep(one, { cwd: dir() });
    const parent = runs[0]!.id;
    const asked = { root, ref: parent, at: 4, orders: 1, steps: 2, counterfactuals: ["half-lr"] };
    const forks = await sweepForks(asked, { cwd: dir(), jobs: 2 });
    expect(forks.map(({ state }) => state)).to.deep.equal(["finished", "finished"]);
    const settings = forks.map((fork) => {
      const { run } = readRun(fork.dir);
      const { train, data } = run.config as unknown as { train: { lr: number }; data: { order: number } };
      return [run.fork, train.lr, data.order];
    });
    expect(settings).to.deep.equal([
      [{ run: parent, step: 4, arm: "plain" }, 3e-3, 1],
      [{ run: parent, step: 4, arm: "half-lr" }, 1.5e-3, 1],
    ]);
    const args = ["--at", "4", "--orders", "2", "--steps", "2", "--json"];
    const { code, stdout, stderr } = await command(["fork", parent, ...args, "--counterfactual", "half-lr"], {
      cwd: dir(),
    });
    expect([code, stderr.split("\n")[0]]).to.satisfy(
      ([exit, first]: [number, string]) => exit === 0 && /^2 runs, \d at a time/.test(first),
    );
    const made = JSON.parse(stdout) as { id: string; state: string }[];
    const ids = made.map(({ id }) => id);
    expect(ids.filter((_, i) => i % 2 === 0)).to.deep.equal(forks.map(({ run }) => run.id));
    expect(readdirSync(root).sort()).to.deep.equal([parent, ...ids, "one.sweep", `${parent}-fork-4.sweep`].sort());
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
