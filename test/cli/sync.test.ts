import { expect } from "chai";
import { command } from "../helpers/command.ts";
import { FakeWandb } from "../helpers/fake-wandb.ts";
import { useTempDir } from "../helpers/temp.ts";
import { writeTiny } from "../helpers/tiny.ts";

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

  it("exits with 2 for a run that is not there, before anything is sent", async () => {
    const done = await command(["sync", "nothing"], { cwd: dir() });
    expect(done.code).to.equal(2);
    expect(done.stderr).to.include("nothing");
  });
});
