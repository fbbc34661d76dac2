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
import { uploadOnce } from "../../../helpers/wandb-run.ts";

describe("createWandbSink, of a run of a sweep", () => {
  const dir = useTempDir();

  /** What the server is told of a run by its log. */
  async function told(
    id: string,
    { sweep, options = {}, env = {} }: { sweep?: Run["sweep"]; options?: object; env?: object },
  ) {
    const parsed = optionsSchema.parse({ mode: "offline", ...options });
    const around = { env: { ...env }, cwd: dir(), home: dir(), readText: () => undefined };
    const sink = createWandbSink(parsed, resolveSettings(parsed, around), testHost());
    const runDir = join(dir(), id);
    mkdirSync(runDir, { recursive: true });
    await sink.open(testRun(runDir, { id, ...(sweep && { sweep }) }));
    await sink.write([testRow(1)]);
    await sink.close({ state: "finished", step: 1, tokens: 16, time: runStart + 1000 });
    const server = new FakeWandb();
    await uploadOnce(readPointer(runDir)?.log ?? "", server.transport({ time: 0 }));
    const [[name, run] = []] = [...server.runs];
    const { groupName = "", jobType = "", tags, sweep: sweepId = "" } = run!.variables;
    return { name, groupName, jobType, tags, sweepId };
  }
  const sweep = { name: "lr-by-seed", settings: { "train.lr": 0.01, seed: 3 }, group: "lr=0.01" };

  it("is grouped with those that differ in their seed alone; job type and a tag name the sweep", async () => {
    expect(await told("lr-by-seed-0a", { sweep, options: { tags: ["mine"] } })).to.deep.equal({
      name: "lr-by-seed-0a",
      groupName: "lr=0.01",
      jobType: "lr-by-seed",
      tags: ["mine", "lr-by-seed"],
      sweepId: "",
    });
  });

  it("keeps what the user chose instead, and never an id that all of its runs would share", async () => {
    const options = { group: "g", job_type: "j", tags: ["lr-by-seed"], id: "one" };
    const env = { WANDB_RUN_ID: "two", WANDB_SWEEP_ID: "abc" };
    expect(await told("lr-by-seed-0b", { sweep, options, env })).to.deep.equal({
      name: "lr-by-seed-0b",
      groupName: "g",
      jobType: "j",
      tags: ["lr-by-seed"],
      sweepId: "",
    });
  });

  it("of W&B's own has the id that its agent gives it, and the sweep's", async () => {
    const found = await told("any", { env: { WANDB_RUN_ID: "qwe123", WANDB_SWEEP_ID: "abc" } });
    expect(found).to.include({ name: "qwe123", sweepId: "abc", groupName: "", jobType: "" });
  });
});
