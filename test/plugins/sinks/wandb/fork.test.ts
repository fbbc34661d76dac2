import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Run } from "../../../../core/contract/run.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { testHost } from "../../../helpers/sink-host.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { readLog } from "../../../helpers/wandb-reader.ts";
import { uploadOnce } from "../../../helpers/wandb-run.ts";

type Options = Parameters<typeof optionsSchema.parse>[0] & object;

describe("createWandbSink, of a fork", () => {
  const dir = useTempDir();

  /** Trains steps `from` to 10 in a folder of its own; returns the first record and what was said. */
  async function trained(id: string, from: number, fork: Run["fork"], options: Options = {}, env = {}) {
    const host = testHost();
    const parsed = optionsSchema.parse({ mode: "offline", ...options });
    const around = { env, cwd: dir(), home: dir(), readText: () => undefined };
    const sink = createWandbSink(parsed, resolveSettings(parsed, around), host);
    const runDir = join(dir(), id);
    mkdirSync(runDir, { recursive: true });
    await sink.open(testRun(runDir, { id, name: `name of ${id}`, ...(fork && { fork }) }));
    for (let step = from; step <= 10; step++) await sink.write([testRow(step)]);
    await sink.close({ state: "finished", step: 10, tokens: 160, time: runStart + 15_000 });
    const log = readPointer(runDir)?.log ?? "";
    const [{ run } = {}] = readLog(log);
    const config = run?.config.update.map(({ key, value_json }) => [key, JSON.parse(value_json)] as const) ?? [];
    return { log, run, config: Object.fromEntries(config) as Record<string, unknown>, said: host.said };
  }
  const fork = { run: "parent", step: 4 };

  it("tells in its config where it comes from, and is folded with its siblings under the parent's W&B run", async () => {
    await trained("parent", 1, undefined, { id: "chosen" });
    const { config, run } = await trained("fork1", 5, fork);
    expect(config.fork).to.deep.equal(fork);
    expect(run).to.include({ run_id: "fork1", run_group: "chosen" });
    expect((await trained("fork2", 5, fork)).run?.run_group).to.equal("chosen");
    expect((await trained("fork3", 5, fork, { group: "mine" })).run?.run_group).to.equal("mine");
    expect((await trained("fork4", 5, fork, {}, { WANDB_RUN_GROUP: "ours" })).run?.run_group).to.equal("ours");
    expect((await trained("other", 1, undefined)).run?.run_group ?? "").to.equal("");
  });

  it("never writes into the parent's run or a sibling's, though it takes over their id and name", async () => {
    const server = new FakeWandb();
    const [options, env] = [{ id: "chosen", name: "shown" }, { WANDB_RUN_ID: "chosen" }];
    const logs = [(await trained("parent", 1, undefined, options)).log];
    for (const id of ["fork1", "fork2"]) {
      const { log, said } = await trained(id, 5, fork, options, env);
      expect(said).to.include("W&B: a fork is a run of its own: `id` and `name` are left aside.");
      logs.push(log);
    }
    for (const log of logs) await uploadOnce(log, server.transport({ time: 0 }));
    const found = [...server.runs].map(([id, { history, variables }]) => [id, history.length, variables.displayName]);
    expect(found).to.deep.equal([
      ["chosen", 10, "shown"],
      ["fork1", 6, "name of fork1"],
      ["fork2", 6, "name of fork2"],
    ]);
  });

  it("of a parent without a W&B run, or with a name that leaves the folder, is grouped by the id all the same", async () => {
    expect((await trained("fork1", 5, { run: "gone", step: 4 })).run?.run_group).to.equal("gone");
    await trained("fork1/inner", 1, undefined, { id: "inner" });
    const hostile = { run: "../fork1/inner", step: 4 };
    expect((await trained("fork2", 5, hostile)).run?.run_group).to.equal("fork1-inner");
  });
});
