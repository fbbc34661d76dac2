import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { defineSink, type StoredRun } from "../../core/contract/sink.ts";
import { takeLock } from "../../core/record/lock.ts";
import { thisProcess } from "../../core/record/process-identity.ts";
import { withOutcome, writeRunFile } from "../../core/record/run-file.ts";
import { readRun } from "../../core/record/runs.ts";
import { builtIns } from "../../plugins/index.ts";
import { syncRuns } from "../../studies/sync.ts";
import { makeRun, runFileOf } from "../helpers/run-file.ts";
import { useTempDir } from "../helpers/temp.ts";
import { thrownBy } from "../helpers/thrown.ts";

describe("syncRuns", () => {
  const root = useTempDir();
  const quiet = { info() {}, warn() {}, progress() {} };

  /** Syncs with a sink that does what it is told and says in which state it found the run. */
  async function sync(act: (run: StoredRun) => unknown = () => {}, takeOver = false): Promise<string> {
    const there = defineSink({
      name: "there",
      summary: "",
      options: z.strictObject({}),
      setup: () => ({ open() {}, write() {}, close() {} }),
      sync: async (run) => {
        await act(run);
        return { state: "complete", message: run.state };
      },
    });
    const table = { ...builtIns, sink: { ...builtIns.sink, there: async () => there } };
    const request = { root: root(), refs: [], plugins: table, word: { trust: true }, takeOver };
    return (await syncRuns(request, quiet)).map(({ message }) => message).join("\n");
  }
  const made = () => makeRun(root(), { config: { sinks: { there: {} } } });
  const outcome = { state: "finished", step: 300, tokens: 0, time: 0 } as const;

  it("says so when another sync is at the run, which is not taken for a running one meanwhile", async () => {
    const dir = made();
    let second = "";
    const first = await sync(async () => {
      expect(readRun(dir).state).to.equal("killed");
      second = await sync();
    });
    expect(first).to.equal("killed");
    expect(second).to.match(/not synced: .* is being synced by another process \(pid \d+ since/);
    expect(await sync()).to.equal("killed");
  });

  it("reads a run's state again at the end: one that ended meanwhile is synced to its end", async () => {
    const dir = made();
    const lock = takeLock(dir, Date.now());
    const states: string[] = [];
    expect(
      await sync((run) => {
        states.push(run.state);
        if (run.state !== "running") return;
        writeRunFile(dir, withOutcome(runFileOf({ config: { sinks: { there: {} } } }), outcome));
        lock.release();
      }),
    ).to.equal("finished");
    expect(states).to.deep.equal(["running", "finished"]);
  });

  it("holds the lock until its end, and tells the sink once it is another's", async () => {
    const dir = made();
    let problem = "";
    await sync((run) => {
      run.check?.();
      const path = join(dir, "lock.json");
      writeFileSync(`${path}.new`, readFileSync(path, "utf8").replace(/"nonce":"/, '"nonce":"f'));
      renameSync(`${path}.new`, path);
      problem = thrownBy(() => run.check?.()).code;
    });
    expect(problem).to.equal("run.taken");
  });

  it("takes a run over from another machine when told to", async () => {
    const dir = made();
    const elsewhere = { ...thisProcess(), machine: "another", since: 1, nonce: "x", beats: true };
    writeFileSync(join(dir, "lock.json"), JSON.stringify(elsewhere));
    expect(await sync()).to.equal("running");
    expect(await sync(undefined, true)).to.equal("killed");
  });
});
