import { appendFileSync, cpSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import { defineSink } from "../../core/contract/sink.ts";
import { readRun } from "../../core/record/runs.ts";
import { resumeRequest } from "../../core/run/request.ts";
import { train } from "../../core/run/train.ts";
import { forkRequests } from "../../studies/fork.ts";
import { removeTempFolders, tempFolder } from "../helpers/temp.ts";
import { rejectedBy } from "../helpers/thrown.ts";
import { comparableRows, onlyRun, tinyConfig, trainTiny, weightsHash, withPlugins } from "../helpers/tiny.ts";

describe("a fork that is killed", function () {
  this.timeout(60_000);
  after(removeTempFolders);
  const folder = tempFolder();
  const root = join(folder, "runs");
  const id = "20260101-000000-dead";
  let [parent, whole] = ["", ""];

  /** Keeps the run directory as it is when the first sink opens: run.json has just appeared, and no step is done. */
  const snapshot = defineSink({
    name: "snapshot",
    summary: "copies the directory",
    options: z.strictObject({}),
    setup: () => ({
      open({ dir, fork, resumedFrom }) {
        if (!fork || resumedFrom !== undefined) return;
        const copy = join(root, id);
        cpSync(dir, copy, { recursive: true, filter: (path) => basename(path) !== "lock.json" });
      },
      write() {},
      close() {},
    }),
  });
  const plugins = withPlugins({ sinks: [snapshot] });

  before(async () => {
    const changes = { checkpoint: { every: 4, keep_every: 4, keep_last: 1 }, sinks: { json: {}, snapshot: {} } };
    await trainTiny(folder, { changes: { ...tinyConfig, ...changes }, sinks: [snapshot] });
    parent = onlyRun(folder);
    const asked = { root, ref: parent, at: 4, orders: 1, steps: 8, counterfactuals: [] };
    for (const request of await forkRequests(asked, plugins)) whole = (await train(request)).dir;
  });

  const killed = (name: string) => {
    const dir = join(root, name);
    cpSync(join(root, id), dir, { recursive: true });
    return dir;
  };
  const resumed = async (dir: string) => {
    const warnings: string[] = [];
    await train(await resumeRequest(root, dir, plugins), undefined, { warning: (text) => void warnings.push(text) });
    return warnings;
  };

  it("before its first step goes on as that fork, and nothing is to be said", async () => {
    const dir = killed("first");
    expect(await resumed(dir)).to.deep.equal([]);
    expect(readRun(dir).run.fork).to.deep.equal({ run: basename(parent), step: 4, arm: "plain" });
    expect(await comparableRows(dir)).to.deep.equal(await comparableRows(whole));
    expect(weightsHash(dir)).to.equal(weightsHash(whole));
  });

  it("and has no whole checkpoint begins again from its parent's, and says so", async () => {
    const dir = killed("damaged");
    for (const { path } of listCheckpoints(dir)) appendFileSync(join(path, "state.safetensors"), "x");
    expect((await resumed(dir)).at(-1)).to.include(`beginning again from step 4 of run ${basename(parent)}`);
    expect(await comparableRows(dir)).to.deep.equal(await comparableRows(whole));
    expect(weightsHash(dir)).to.equal(weightsHash(whole));
  });

  it("is refused, and left as it was, where its parent's checkpoint is gone too", async () => {
    const dir = killed("orphan");
    rmSync(join(dir, "checkpoints"), { recursive: true });
    const before = readRun(dir).run;
    renameSync(parent, `${parent}-away`);
    const error = await rejectedBy(resumeRequest(root, dir, plugins));
    renameSync(`${parent}-away`, parent);
    expect(error.code).to.equal("checkpoint.invalid");
    expect(error.message).to.include(`fork of run ${basename(parent)} at step 4`);
    expect(readRun(dir).run).to.deep.equal(before);
  });
});
