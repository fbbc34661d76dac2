import { expect } from "chai";
import { readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { command } from "../helpers/command.ts";
import { FakeWandb } from "../helpers/fake-wandb.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

describe("experiment train, when W&B's page stops the run", () => {
  const dir = useTempDir();

  it("ends as after Ctrl-C: interrupted, with a checkpoint, its reason on record, exit code 130", async () => {
    const server = new FakeWandb();
    server.stopped = true;
    const long = { steps: 1_000_000, batch_size: 4, warmup_steps: 3, lr: 3e-3 };
    writeTiny(dir(), { train: long, analyzers: {}, sinks: { json: {}, wandb: { charts: false } } });
    const env = { HOME: dir(), WANDB_API_KEY: "k".repeat(86), WANDB_BASE_URL: await server.listen() };
    const { code, stderr } = await command(["train"], { cwd: dir(), env });
    const { run, state, dir: runDir } = readRun(onlyRun(dir()));
    const outcome = run.attempts.at(-1)?.outcome;
    expect([code, state], stderr).to.deep.equal([130, "interrupted"]);
    expect(outcome?.reason).to.equal("stopped from W&B's page");
    expect(stderr).to.include("warning: stopped from W&B's page: finishing the step and saving a checkpoint.");
    const { rows } = await readRows(runDir);
    expect(rows).to.have.length(outcome?.step ?? 0);
    const there = server.run(run.id);
    expect([there.history.length, there.exitcode]).to.deep.equal([rows.length, 130]);

    const again = command(["resume", "latest", "--json"], {
      cwd: dir(),
      env,
      started: (child) => {
        server.stopped = true; // it still stands, and does not count again
        const looking = setInterval(() => {
          if (there.history.length < rows.length + 3) return;
          clearInterval(looking);
          child.kill("SIGINT");
        }, 20);
      },
    });
    const resumed = JSON.parse((await again).stdout) as { outcome: { state: string; reason: string } };
    expect(resumed.outcome).to.include({ state: "interrupted", reason: "SIGINT" });
    await server.close();
  });
});
