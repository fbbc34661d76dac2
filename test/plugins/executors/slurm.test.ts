import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readRows } from "../../../core/record/reader.ts";
import { readRun } from "../../../core/record/runs.ts";
import { statusOf } from "../../../studies/sweep/status.ts";
import { command } from "../../helpers/command.ts";
import { type Cluster, slurmIsHere, startSlurm } from "../../helpers/slurm.ts";
import { tinySweep, writeSweep } from "../../helpers/sweeps.ts";
import { removeTempFolders, tempFolder } from "../../helpers/temp.ts";
import { tinyConfig } from "../../helpers/tiny.ts";

/** An analyzer that stops at step 3 of a run for whose seed there is a file `hold-SEED`, until the run is sent a signal. */
const holding = `
import { defineAnalyzer, z } from ${JSON.stringify(new URL("../../../dist/core/index.js", import.meta.url).href)};
import { existsSync, rmSync, writeFileSync } from "node:fs";
export const hold = defineAnalyzer({
  name: "hold", summary: "waits for a signal", options: z.strictObject({}), sites: [], metrics: {},
  setup: (_, { seed }) => ({
    async onStep({ step }) {
      if (step < 3 || !existsSync("hold-" + seed)) return;
      const alive = setInterval(() => {}, 1000);
      await new Promise((resolve) => {
        for (const name of ["SIGTERM", "SIGUSR2"]) process.once(name, resolve);
        writeFileSync("held-" + seed, "");
      });
      clearInterval(alive);
      rmSync("hold-" + seed, { force: true });
    },
    probe: () => ({}),
    analyze: () => ({}),
  }),
});`;

describe("slurm, a real one on this machine", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  const folder = tempFolder();
  const runs = join(folder, "runs");
  before(async function () {
    if (!slurmIsHere) {
      process.stderr.write(`      skipped: ${this.test?.parent?.title}: no slurmctld and slurmd; install slurm-wlm\n`);
      this.skip();
    }
    cluster = await startSlurm(tempFolder());
  });
  after(async () => {
    await cluster?.stop();
    removeTempFolders();
  });
  const sweep = (...args: string[]) => command(["sweep", ...args], { cwd: folder, env: cluster.env });
  const queued = () => cluster.call("squeue", "--noheader", "--array", "--format=%K %T").trim();
  const attempts = async () => {
    const { runs: planned, root } = await tinySweep(folder);
    return planned.map(({ id }) => readRun(join(root, id)).run.attempts);
  };

  it("does an array of 12, two at a time, through a failing task, a requeue, a signal before the limit and an scancel", async () => {
    writeSweep(
      folder,
      {
        grid: {},
        list: [...Array.from({ length: 11 }, (_, i) => ({ seed: i + 1 })), { seed: 12, "model.init_scale": 1e30 }],
        executor: { slurm: { throttle: 2 } },
      },
      { analyzers: { "./hold.mjs": {} }, train: { ...tinyConfig.train, steps: 6 }, checkpoint: { every: 0 } },
    );
    writeFileSync(join(folder, "hold.mjs"), holding);
    for (const seed of [1, 3, 5]) writeFileSync(join(folder, `hold-${seed}`), "");
    const submitted = await sweep("plan.yaml");
    expect(submitted.code, submitted.stderr).to.equal(0);
    const job = /submitted 12 runs as job (\d+) \(array=0-11%2\)/.exec(submitted.stderr)?.[1];
    expect(job, submitted.stderr).to.be.a("string");

    const held = (seed: number) => cluster.wait(() => existsSync(join(folder, `held-${seed}`)));
    await Promise.all([held(1), held(3)]);
    const why = () => cluster.call("squeue", "--noheader", "--format=%T %r").trim();
    await cluster.wait(() => /^PENDING JobArrayTaskLimit$/m.test(why()));
    expect(why().match(/^RUNNING/gm)).to.have.length(2);
    cluster.call("scontrol", "requeue", `${job}_0`);
    // What `--signal=B:USR2@120` sends; 22.05's scancel sends it, too, but ends with a code of its own.
    cluster.call("sh", "-c", `scancel --batch --signal=USR2 ${job}_2 || true`);
    await held(5);
    expect((await sweep("plan.yaml")).stderr).to.match(/runs are in Slurm's queue already/);
    expect((await sweep("status", "plan.yaml")).stdout).to.match(/slurm: \d+ waiting, [1-9] running$/m);
    cluster.call("scancel", `${job}_4`);
    await cluster.wait(() => queued() === "");

    const status = await statusOf(await tinySweep(folder));
    expect(status.counts).to.include({ finished: 10, failed: 1, interrupted: 1 });
    const all = await attempts();
    expect(all.map((one) => one.map(({ outcome }) => outcome?.state).join())).to.deep.equal([
      ...["interrupted,finished", "finished", "interrupted,finished", "finished", "interrupted"],
      ...[...Array.from({ length: 6 }, () => "finished"), "failed"],
    ]);
    for (const index of [0, 2]) expect(all[index]?.[1]?.fromStep, "goes on from its checkpoint").to.be.within(3, 5);
  });

  it("submits only what is missing the next time, which a lost node does not lose, and takes back what waits", async () => {
    rmSync(join(folder, "held-5"));
    writeFileSync(join(folder, "hold-5"), "");
    const again = await sweep("plan.yaml");
    expect(again.stderr).to.match(/submitted 1 runs as job \d+ \(array=4%2\)/);
    await cluster.wait(() => existsSync(join(folder, "held-5")));
    cluster.loseNode();
    rmSync(join(folder, "hold-5"));
    const lost = await sweep("status", "plan.yaml");
    expect(lost.stdout).to.match(/^tiny: 12 runs: 10 finished, 1 killed, 1 failed\n/);
    expect(lost.stdout).to.match(/^slurm: 1 waiting, 0 running$/m);
    cluster.restoreNode();
    const watched = await sweep("status", "plan.yaml", "--watch"); // until Slurm has nothing left
    expect(
      watched.stdout
        .trim()
        .split(/^(?=tiny: )/m)
        .at(-1),
    ).to.match(/^tiny: 12 runs: 11 finished, 1 failed\n/);
    const ends = (await attempts())[4]?.map(({ outcome }) => outcome?.state);
    expect(ends).to.deep.equal(["interrupted", undefined, "finished"]);
    for (const name of readdirSync(runs).filter((one) => !one.endsWith(".sweep"))) {
      if (readRun(join(runs, name)).run.attempts.at(-1)?.outcome?.state !== "finished") continue;
      expect((await readRows(join(runs, name))).rows.map(({ step }) => step)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    }
    cluster.call("scontrol", "update", "PartitionName=debug", "State=DOWN");
    expect((await sweep("retry", "plan.yaml")).stderr).to.match(/submitted 1 runs/);
    expect((await sweep("cancel", "plan.yaml")).stdout).to.include("cancelled 1 task of Slurm");
    expect(queued()).to.equal("");
    const log = readFileSync(join(runs, "tiny.sweep", "slurm", "1_0.log"), "utf8");
    expect(log).to.match(/SIGTERM: finishing the step[\s\S]*run 0 \(seed=1\): finished\n$/);
  });
});
