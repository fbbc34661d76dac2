import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { takeLock } from "../../core/record/lock.ts";
import { readRun } from "../../core/record/runs.ts";
import { statusOf } from "../../studies/sweep/status.ts";
import { command } from "../helpers/command.ts";
import { tinySweep, writeSweep } from "../helpers/sweeps.ts";
import { useTempDir } from "../helpers/temp.ts";
import { comparableRows, trainTiny } from "../helpers/tiny.ts";

describe("experiment sweep", function () {
  this.timeout(240_000);
  const dir = useTempDir();
  const sweep = (...args: string[]) => command(["sweep", ...args], { cwd: dir() });
  const attempts = async () => {
    const { runs, root } = await tinySweep(dir());
    return runs.map(({ id }) => readRun(join(root, id)).run.attempts.length);
  };

  it("does what is missing, and only that: again, and with a value more", async () => {
    writeSweep(dir());
    const first = await sweep("plan.yaml", "--jobs", "2");
    expect(first.code, first.stderr).to.equal(0);
    expect(first.stdout).to.match(/^tiny: 4 runs: 4 finished\n/);
    expect(await attempts()).to.deep.equal([1, 1, 1, 1]);
    const { root, runs } = await tinySweep(dir());
    const { run } = readRun(join(root, runs[3]!.id));
    expect(run.name).to.equal("tiny lr=0.01 seed=2");
    expect(run.sweep).to.deep.equal({ name: "tiny", settings: { "train.lr": 0.01, seed: 2 }, group: "lr=0.01" });

    const again = await sweep("plan.yaml");
    expect(again.code, again.stderr).to.equal(0);
    writeSweep(dir(), { grid: { "train.lr": [1e-3, 3e-3, 1e-2], seed: [1, 2] } });
    expect((await sweep("plan.yaml", "--jobs", "1")).stderr).to.include("2 runs, 1 at a time");
    expect(await attempts()).to.deep.equal([1, 1, 1, 1, 1, 1]);

    const alone = await trainTiny(join(dir(), "alone"), {
      changes: {
        ...JSON.parse(readFileSync(join(dir(), ".experimentrc"), "utf8")),
        seed: 2,
        train: { ...(run.config.train as object) },
      },
    });
    expect(await comparableRows(join(root, runs[3]!.id))).to.deep.equal(await comparableRows(alone.dir));

    const table = await sweep(
      "table",
      "plan.yaml",
      "--by",
      "train.lr",
      "--metric",
      "eval/loss,token_sparsity/use_token",
      "--json",
    );
    const results = JSON.parse(table.stdout);
    expect(results.metrics).to.deep.equal([
      "eval/loss",
      "token_sparsity/use_token/layer_0",
      "token_sparsity/use_token/layer_1",
    ]);
    expect(results.groups.map(({ of, n }: { of: number[]; n: number }) => [of[0], n])).to.deep.equal([
      [0.01, 2],
      [0.003, 2],
      [0.001, 2],
    ]);
    expect((await sweep("table", "plan.yaml", "--csv")).stdout.split("\n")[0]).to.equal(
      "train.lr,n,eval/loss,eval/loss low,eval/loss high",
    );
  });

  it("goes on when a run fails, says why, leaves it alone the next time, and tries again when asked", async () => {
    writeSweep(dir(), {
      grid: { "train.lr": [1e-3], seed: [1, 2] },
      list: [{ "model.init_scale": 1 }, { "model.init_scale": 1e30 }],
    });
    const first = await sweep("plan.yaml", "--jobs", "1");
    expect(first.code, first.stderr).to.equal(1);
    expect(first.stderr).to.match(/warning: run 1 \(lr=0.001 seed=1 init_scale=1e\+30\) failed: step 1: the loss is /);
    expect(first.stdout).to.match(/^tiny: 4 runs: 2 finished, 2 failed\n/);
    expect(first.stdout).to.include("try them again: experiment sweep retry plan.yaml");
    const again = await sweep("plan.yaml");
    expect(again.stderr).to.equal("");
    expect(again.code).to.equal(1);
    expect(await attempts()).to.deep.equal([1, 1, 1, 1]);
    await sweep("retry", "plan.yaml", "--jobs", "1");
    expect(await attempts()).to.deep.equal([1, 2, 1, 2]);
    const status = JSON.parse((await sweep("status", "plan.yaml", "--json")).stdout);
    expect(status.counts).to.include({ finished: 2, failed: 2, running: 0, waiting: 0 });
    expect(status.troubled[0]).to.include({ index: 1, state: "failed" });
  });

  it("checks keys and plugins' options of every run before anything starts", async () => {
    writeSweep(dir(), { grid: { "train.lr": [1e-3, -1] } });
    const bad = await sweep("plan.yaml");
    expect([bad.code, bad.stderr]).to.deep.equal([
      2,
      "experiment: plan.yaml: train.lr: expected a number > 0, got `-1`.\n",
    ]);
    writeSweep(dir(), { grid: { "analyzers.token-sparsity.threshhold": [1, 2] } });
    const plugin = await sweep("plan.yaml");
    expect(plugin.code).to.equal(2);
    expect(plugin.stderr).to.include("unknown key `threshhold`");
    writeSweep(dir(), { grid: { seed: { from: 1, to: 10_001 } } });
    expect((await sweep("plan.yaml")).stderr).to.include(
      "10001 runs are more than 10000. Look at --dry-run, then add --yes.",
    );
    writeFileSync(join(dir(), "plan.yaml"), "executor: slrum\n");
    expect((await sweep("plan.yaml")).stderr).to.include("Did you mean `slurm`?");
  });

  it("prints the runs with --dry-run and an estimate from a trial, and leaves nothing behind", async () => {
    writeSweep(dir());
    const { stdout, code } = await sweep("plan.yaml", "--dry-run", "--jobs", "2");
    expect(code).to.equal(0);
    expect(stdout).to.match(/^index {2}lr +seed +id +state\n0 +0\.001 +1 +tiny-[0-9a-f]{12} +waiting\n/);
    expect(stdout).to.match(
      /\n4 runs, 4 to do\. About .+ one after another \(.+ if 2 at a time lose nothing\) and [\d.]+ [kM]B on disk, from 6 steps of run 0\.\n$/,
    );
    expect((await statusOf(await tinySweep(dir()))).counts.waiting).to.equal(4);
  });

  it("does single runs for a scheduler, from the plan as it was when the sweep started", async () => {
    writeSweep(dir());
    const { file } = await tinySweep(dir());
    writeSweep(dir(), {}, { model: { n_layers: 1, d_model: 8, n_heads: 1, d_mlp: 8, n_ctx: 8 } });
    const one = await command(["sweep", "run", file], { cwd: dir(), env: { SLURM_ARRAY_TASK_ID: "2" } });
    expect(one.stdout, one.stderr).to.equal("run 2 (lr=0.01 seed=1): finished\n");
    const two = await sweep("run", file, "--of", "1-3", "--share", "1/2");
    expect(two.stdout, two.stderr).to.equal("run 2 (lr=0.01 seed=1): finished before\n");
    const wrong = await sweep("run", file, "--index", "4");
    expect([wrong.code, wrong.stderr]).to.deep.equal([
      2,
      "experiment: sweep tiny: expected the index of a run, 0 to 3, got `4`.\n",
    ]);
    const run = readRun(join(dir(), "runs", JSON.parse(readFileSync(file, "utf8")).runs[2].id)).run;
    expect(run.model.n_layers).to.equal(2);
  });

  it("shows with --watch how a sweep goes on, until all have ended", async () => {
    writeSweep(dir());
    const watching = command(["sweep", "status", "plan.yaml", "--watch", "--json"], {
      cwd: dir(),
      started: (child) => child.stdout?.once("data", () => void sweep("plan.yaml", "--jobs", "1")),
    });
    const { code, stdout, stderr } = await watching;
    expect(code, stderr).to.equal(0);
    const looks = stdout.split(/(?<=^\})\n/m).filter(Boolean);
    const finished = looks.map((text) => JSON.parse(text).counts.finished as number);
    expect(finished[0]).to.equal(0);
    expect(finished.at(-1)).to.equal(4);
    expect(finished).to.deep.equal([...finished].sort());
  });

  it("waits for a run that another process holds, says so, and does the others first", async () => {
    writeSweep(dir());
    const { file, root, runs } = await tinySweep(dir());
    const taken = join(root, runs[0]!.id);
    mkdirSync(taken);
    const held = takeLock(taken, Date.now());
    const { code, stdout, stderr } = await command(["sweep", "run", file, "--index", "0-1"], {
      cwd: dir(),
      started: (child) => {
        child.stdout?.on("data", (text: string) => text.includes("run 1") && held.release());
      },
    });
    expect(code, stderr).to.equal(0);
    expect(stdout.split("\n").map((line) => line.replace(/\/.*runs\//, ""))).to.deep.equal([
      `run 0 (lr=0.001 seed=1): waits for the process that has it: ${runs[0]!.id}: in use by a live process (pid ${process.pid}${/ since \S+Z/.exec(stdout)?.[0]}). Wait for it to end, or stop it (SIGINT lets it save a checkpoint).`,
      "run 1 (lr=0.001 seed=2): finished",
      "run 0 (lr=0.001 seed=1): finished",
      "",
    ]);
  });
});
