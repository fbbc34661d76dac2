import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { listCheckpoints } from "../../../core/checkpoint/folder.ts";
import { takeLock } from "../../../core/record/lock.ts";
import { readEvents, readRows } from "../../../core/record/reader.ts";
import { readRunFile } from "../../../core/record/run-file.ts";
import { resumeRequest } from "../../../core/run/request.ts";
import { train } from "../../../core/run/train.ts";
import { useTempDir } from "../../helpers/temp.ts";
import { rejectedBy } from "../../helpers/thrown.ts";
import { comparableRows, onlyRun, tinyConfig, trainTiny, weightsHash, withPlugins } from "../../helpers/tiny.ts";

/** Trains to step 9 and is stopped there: checkpoints of steps 8 and 9. */
async function stoppedRun(folder: string, changes: object = {}): Promise<string> {
  const stop = new AbortController();
  const observer = { step: ({ step }: { step: number }) => step === 8 && stop.abort("test") };
  const { dir, outcome } = await trainTiny(folder, { changes: { ...changes }, signal: stop.signal, observer });
  expect(outcome.state).to.equal("interrupted");
  expect(listCheckpoints(dir).map(({ step }) => step)).to.have.length(2);
  return dir;
}

function edit(file: string, change: (value: never) => void): void {
  const value = JSON.parse(readFileSync(file, "utf8"));
  change(value as never);
  writeFileSync(file, JSON.stringify(value));
}

describe("resume", () => {
  const dir = useTempDir();

  it("falls back to an older checkpoint when the newest is damaged, says so, and loses nothing", async () => {
    const changes = { engine: { name: "onnx", skip_silent: "on" }, train: { ...tinyConfig.train, lr: 0.03 } };
    const whole = await trainTiny(`${dir()}/whole`, { changes });
    const cut = await stoppedRun(`${dir()}/cut`, changes);
    const [newest, older] = listCheckpoints(cut);
    appendFileSync(join(newest!.path, "state.safetensors"), "x");
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    const result = await trainTiny(`${dir()}/cut`, { resume: "latest", observer });
    expect(result.outcome.state).to.equal("finished");
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/^skipped step-\d+: .*state\.safetensors is damaged/);
    const { events } = await readEvents(cut);
    expect(events.find(({ kind }) => kind === "resume")?.data).to.deep.equal({ step: older!.step });
    expect(events.find(({ kind }) => kind === "warning")?.data).to.deep.equal({ message: warnings[0] });
    expect(await comparableRows(cut)).to.deep.equal(await comparableRows(whole.dir));
    expect(weightsHash(cut)).to.equal(weightsHash(whole.dir));
    // What this went through: steps that leave units of the first layer out of products, which is on record.
    const { rows: read } = await readRows(cut);
    expect(read.at(-1)!.metrics["batch_union_sparsity/use_batch/layer_0"]).to.be.below(0.5);
    expect(readRunFile(cut).config).to.have.nested.property("engine.skip_silent", "on");
  });

  it("goes on bit for bit from a checkpoint that was written while later steps ran", async () => {
    const changes = { engine: "onnx", checkpoint: { every: 4, keep_last: 3 } };
    const copies: string[] = [];
    const saved = () => {
      const copy = `${dir()}/cut at ${copies.length}`;
      cpSync(`${dir()}/whole`, copy, { recursive: true }); // as a crash would leave it: later steps are on their way
      copies.push(copy);
    };
    const whole = await trainTiny(`${dir()}/whole`, { changes, observer: { saved } });
    for (const [k, copy] of copies.slice(0, 2).entries()) {
      const cut = onlyRun(copy);
      rmSync(join(cut, "lock.json"));
      expect(listCheckpoints(cut)[0]!.step).to.equal(4 * (k + 1));
      await trainTiny(copy, { resume: "latest" });
      expect(await comparableRows(cut)).to.deep.equal(await comparableRows(whole.dir));
      expect(weightsHash(cut)).to.equal(weightsHash(whole.dir));
    }
  });

  it("says which rows are lost where rows.jsonl ends before the checkpoint", async () => {
    const cut = await stoppedRun(`${dir()}/cut`);
    const rows = join(cut, "rows.jsonl");
    writeFileSync(rows, `${readFileSync(rows, "utf8").split("\n").slice(0, 5).join("\n")}\n`);
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    await trainTiny(`${dir()}/cut`, { resume: "latest", observer });
    expect(warnings).to.deep.equal([
      "rows.jsonl ends at step 5, before the checkpoint of step 9: rows of steps 6 to 9 are lost.",
    ]);
  });

  it("says that run.json was changed since the user's own run wrote it", async () => {
    const cut = await stoppedRun(`${dir()}/cut`);
    edit(join(cut, "run.json"), (file: { config: { eval: { every: number } } }) => {
      file.config.eval.every = 4;
    });
    const { notes } = await resumeRequest(join(dir(), "cut", "runs"), "latest", withPlugins({}));
    expect(notes).to.have.length(1);
    expect(notes![0]).to.include("does not bear your seal");
  });

  it("begins again, and says so, when no checkpoint is whole", async () => {
    const whole = await trainTiny(`${dir()}/whole`);
    const cut = await stoppedRun(`${dir()}/cut`);
    for (const { path } of listCheckpoints(cut)) rmSync(join(path, "checkpoint.json"));
    const warnings: string[] = [];
    const observer = { warning: (message: string) => void warnings.push(message) };
    await trainTiny(`${dir()}/cut`, { resume: "latest", observer });
    expect(warnings.at(-1)).to.include("beginning again from the first step");
    expect(await comparableRows(cut)).to.deep.equal(await comparableRows(whole.dir));
    expect(weightsHash(cut)).to.equal(weightsHash(whole.dir));
  });

  it("refuses a config that is not the checkpoint's, naming the keys, and leaves the run as it was", async () => {
    const run = await stoppedRun(dir());
    edit(join(run, "run.json"), (file: { config: { train: { lr: number; batch_size: number } } }) => {
      file.config.train.lr = 0.5;
      file.config.train.batch_size = 8;
    });
    const before = readFileSync(join(run, "run.json"), "utf8");
    const error = await rejectedBy(trainTiny(dir(), { resume: "latest" }));
    expect(error.code).to.equal("checkpoint.mismatch");
    expect(error.exitCode).to.equal(2);
    expect(error.message).to.include("train.lr: expected `0.003`, got `0.5`").and.to.include("train.batch_size");
    expect(readFileSync(join(run, "run.json"), "utf8")).to.equal(before);
  });

  it("refuses what a newer version wrote", async () => {
    const run = await stoppedRun(dir());
    edit(join(listCheckpoints(run)[0]!.path, "checkpoint.json"), (file: { format: number }) => {
      file.format = 99;
    });
    expect((await rejectedBy(trainTiny(dir(), { resume: "latest" }))).code).to.equal("checkpoint.newer");
    edit(join(run, "run.json"), (file: { format: number }) => {
      file.format = 99;
    });
    const error = await rejectedBy(trainTiny(dir(), { resume: run }));
    expect(error.message).to.include("got 99").and.to.include("update this one");
  });

  it("refuses a run that a live process holds, and a run that is finished", async () => {
    const run = await stoppedRun(dir());
    const lock = takeLock(run, Date.now());
    const error = await rejectedBy(trainTiny(dir(), { resume: "latest" }));
    expect(error.code).to.equal("run.inUse");
    expect(error.message).to.include(`pid ${process.pid}`);
    lock.release();
    await trainTiny(dir(), { resume: "latest" });
    expect((await rejectedBy(trainTiny(dir(), { resume: "latest" }))).message).to.include("it is finished, at step 12");
  });

  it("does not reopen a run that goes on or finishes between the look at it and its lock", async () => {
    const run = await stoppedRun(dir());
    const plugins = withPlugins({});
    const request = await resumeRequest(join(dir(), "runs"), "latest", plugins);
    edit(join(run, "run.json"), (file: { attempts: object[] }) => {
      file.attempts.push({ startedAt: 1, fromStep: 1 });
    });
    expect((await rejectedBy(train(request))).message).to.include("went on with it just now");
    edit(join(run, "run.json"), (file: { attempts: object[] }) => {
      file.attempts[1] = { startedAt: 1, fromStep: 1, outcome: { state: "finished", step: 12, tokens: 1, time: 1 } };
    });
    expect((await rejectedBy(train(request))).message).to.include("it is finished, at step 12");
    expect(existsSync(join(run, "lock.json"))).to.equal(false);
  });

  it("writes nothing more into a run that another process has taken over, or that was removed", async () => {
    for (const taken of [true, false]) {
      const folder = join(dir(), String(taken));
      mkdirSync(folder);
      let run = "";
      const observer = {
        step: ({ step }: { step: number }) => {
          if (step !== 5) return;
          run = onlyRun(folder);
          rmSync(join(run, "lock.json"));
          if (taken) writeFileSync(join(run, "lock.json"), "another's");
        },
      };
      expect((await rejectedBy(trainTiny(folder, { observer }))).code).to.equal("run.taken");
      expect(await comparableRows(run)).to.have.length(5);
      expect(readRunFile(run).attempts.map(({ outcome }) => outcome)).to.deep.equal([undefined]);
    }
  });

  it("only closes a run that was killed between its last checkpoint and its end", async () => {
    const { dir: run } = await trainTiny(dir());
    const rows = await comparableRows(run);
    edit(join(run, "run.json"), (file: { attempts: { outcome?: unknown }[] }) => {
      delete file.attempts[0]!.outcome;
    });
    const result = await trainTiny(dir(), { resume: "latest" });
    expect(result.outcome).to.include({ state: "finished", step: 12 });
    expect(await comparableRows(run)).to.deep.equal(rows);
  });
});

describe("a runs folder that cannot be written", () => {
  const dir = useTempDir();

  it("stops the run before it starts, in words that say what to do", async () => {
    writeFileSync(join(dir(), "file"), "");
    const error = await rejectedBy(trainTiny(dir(), { changes: { runs: "file/runs" } }));
    expect(error.code).to.equal("run.io");
    expect(error.message).to.include("choose another one with `runs`");
  });
});
