import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { takeLock } from "../../core/record/lock.ts";
import { command } from "../helpers/command.ts";
import { FakeWandb } from "../helpers/fake-wandb.ts";
import { useTempDir } from "../helpers/temp.ts";
import { onlyRun, writeTiny } from "../helpers/tiny.ts";

describe("experiment sync", () => {
  const dir = useTempDir();

  it("sends an offline run to its server, once, and says so", async () => {
    const server = new FakeWandb();
    writeTiny(dir(), { sinks: { json: {}, wandb: { project: "p" } } });
    const home = { HOME: dir() };
    const trained = await command(["train"], { cwd: dir(), env: home });
    expect(trained.code, trained.stderr).to.equal(0);
    expect(trained.stderr).to.include("W&B: no API key, so the run is logged offline.");

    const none = await command(["sync"], { cwd: dir(), env: home });
    expect([none.code, none.stdout.includes("no API key")]).to.deep.equal([1, true]);

    const env = { ...home, WANDB_API_KEY: "k".repeat(86), WANDB_BASE_URL: await server.listen() };
    const sent = await command(["sync", "latest"], { cwd: dir(), env });
    expect(sent.code, sent.stderr).to.equal(0);
    expect(sent.stdout).to.match(/: all 12 rows are at http.* \(finished\)\.\n$/);
    const [id = ""] = server.runs.keys();
    const run = server.run(id);
    expect([run.history.length, run.exitcode]).to.deep.equal([12, 0]);
    expect(run.output.length).to.be.above(0);
    const again = await command(["sync"], { cwd: dir(), env });
    expect([again.code, again.stdout]).to.deep.equal([0, `${id}: is on the server already.\n`]);
    expect(sent.stdout + sent.stderr + again.stdout).to.not.include(env.WANDB_API_KEY);
    await server.close();
  });

  it("names a run that it cannot sync, or that another process holds, and goes on with the others", async () => {
    const server = new FakeWandb();
    writeTiny(dir(), { sinks: { json: {}, wandb: { mode: "offline" } }, train: { steps: 2, batch_size: 4 } });
    const env = { HOME: dir(), WANDB_API_KEY: "k".repeat(86), WANDB_BASE_URL: await server.listen() };
    expect((await command(["train"], { cwd: dir(), env })).code).to.equal(0);
    const run = onlyRun(dir());
    for (const name of ["20200101-000000-bbbb", "20200101-000000-cccc"]) {
      cpSync(run, join(dir(), "runs", name), { recursive: true, verbatimSymlinks: true });
    }
    writeFileSync(join(dir(), "runs", "20200101-000000-bbbb", "run.json"), "{");
    const lock = takeLock(join(dir(), "runs", "20200101-000000-cccc"), Date.now());
    const done = await command(["sync"], { cwd: dir(), env });
    lock.release();
    expect(done.code).to.equal(1);
    expect(done.stdout).to.match(/bbbb: not synced: .*run\.json: not JSON/);
    expect(done.stdout).to.match(/cccc: not synced: .*in use by a live process/);
    expect(done.stdout).to.include("all 2 rows are at");
    await server.close();
  });

  it("exits with 2 for a run that is not there, before anything is sent", async () => {
    const done = await command(["sync", "nothing"], { cwd: dir() });
    expect(done.code).to.equal(2);
    expect(done.stderr).to.include("nothing");
  });
});
