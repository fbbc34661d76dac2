import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Outcome } from "../../../../core/contract/run.ts";
import type { SinkInstance } from "../../../../core/contract/sink.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings, type Settings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { syncRun } from "../../../../plugins/sinks/wandb/sync.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { rejectedBy, thrownBy } from "../../../helpers/thrown.ts";
import { expectedRow, expectedRows, historyOf } from "../../../helpers/wandb-run.ts";

const options = optionsSchema.parse({ finish_timeout: 5 });

describe("WANDB_RESUME", () => {
  const dir = useTempDir();
  let server: FakeWandb;
  let url: string;
  const said: string[] = [];
  const told = (message: string) => void said.push(message);
  const host = { info: told, warn: told, progress() {}, stop() {} };
  beforeEach(async () => {
    said.length = 0;
    server = new FakeWandb();
    url = await server.listen();
  });
  afterEach(() => server.close());

  function settings(env: Record<string, string> = {}): Settings {
    const full = { WANDB_API_KEY: "k".repeat(40), WANDB_BASE_URL: url, ...env };
    return resolveSettings(options, { env: full, cwd: dir(), home: dir(), readText: () => undefined });
  }
  /** A run in a directory of its own. */
  function began(
    name: string,
    env: Record<string, string>,
  ): { sink: SinkInstance; open: () => Promise<void>; at: string } {
    const at = join(dir(), name);
    mkdirSync(at);
    const sink = createWandbSink(options, settings({ WANDB_MODE: "offline", ...env }), host);
    return { sink, at, open: async () => await sink.open(testRun(at, { id: name })) };
  }
  async function wholeRun(name: string, steps: number, env: Record<string, string>, state: Outcome["state"]) {
    const { sink, open, at } = began(name, env);
    await open();
    for (let step = 1; step <= steps; step++) await sink.write([testRow(step)]);
    await sink.close({ state, step: steps, tokens: steps, time: runStart });
    return at;
  }
  const sync = (at: string, id: string, env: Record<string, string> = {}) =>
    syncRun({ id, dir: at, state: "failed" }, options, settings(env), host);
  const online = { WANDB_MODE: "online", WANDB_RUN_ID: "shared" };

  it("never: a run that is on the server is not begun again, and nothing is written", async () => {
    await sync(await wholeRun("a", 3, { WANDB_RUN_ID: "shared" }, "finished"), "a");
    const { open, at } = began("b", { ...online, WANDB_RESUME: "never" });
    const error = await rejectedBy(open());
    expect(error.code).to.equal("config.invalid");
    expect(error.message).to.equal(
      'sinks.wandb.resume: run "shared" is on the server already, and resume is `never`. Choose another `id`, or `resume: allow`.',
    );
    expect(readdirSync(at)).to.deep.equal([]);
    expect(historyOf(server, "shared")).to.deep.equal(expectedRows(3));
  });

  it("must: a run that is not there is not begun", async () => {
    const { open } = began("a", { ...online, WANDB_RESUME: "must" });
    expect((await rejectedBy(open())).message).to.include('run "shared" is not on the server, and resume is `must`');
  });

  it("must: training begins when the server does not answer, and the log is held to it afterwards", async () => {
    server.fault = () => ({ kind: "status", status: 401 });
    const { sink, open, at } = began("a", { ...online, WANDB_RESUME: "must" });
    await open();
    await sink.write([testRow(1)]);
    await sink.close({ state: "failed", step: 1, tokens: 1, time: runStart });
    server.fault = () => undefined;
    const report = await sync(at, "a");
    expect(report.state).to.equal("partial");
    expect(report.message).to.include("is not on the server, and resume is `must`");
    expect(server.runs.size).to.equal(0);
  });

  it("is kept with the log, so that it holds where `experiment sync` has none", async () => {
    await sync(await wholeRun("a", 3, { WANDB_RUN_ID: "shared" }, "finished"), "a");
    const second = await wholeRun("b", 2, { WANDB_RUN_ID: "shared", WANDB_RESUME: "never" }, "finished");
    expect((await sync(second, "b")).message).to.include("resume is `never`");
    const third = await wholeRun("c", 2, { WANDB_RUN_ID: "shared", WANDB_RESUME: "allow" }, "finished");
    expect((await sync(third, "c", { WANDB_RESUME: "never" })).state).to.equal("complete");
    const all = [...expectedRows(3), ...[1, 2].map((step) => ({ ...expectedRow(step), _step: 4 + step }))];
    expect(historyOf(server, "shared")).to.deep.equal(all);
  });

  it("auto: goes on with the last run that did not finish, named where W&B's client looks for it", async () => {
    const file = join(dir(), "wandb", "wandb-resume.json");
    const auto = { WANDB_RESUME: "auto" };
    const first = await wholeRun("a", 3, auto, "failed");
    const id = readPointer(first)?.id ?? "";
    expect(JSON.parse(readFileSync(file, "utf8"))).to.deep.equal({ run_id: id });
    await sync(first, "a");
    const second = await wholeRun("b", 2, auto, "finished");
    expect(readPointer(second)?.id).to.equal(id);
    expect(existsSync(file)).to.equal(false);
    await sync(second, "b");
    expect(historyOf(server, id)).to.have.length(5);
    const third = await wholeRun("c", 1, auto, "finished");
    expect(readPointer(third)?.id).to.equal("c");
    writeFileSync(file, '{"run_id":"../outside"}');
    expect(readPointer(await wholeRun("d", 1, auto, "finished"))?.id).to.equal("d");
  });

  it("takes W&B's four words alone", () => {
    expect(settings({ WANDB_RESUME: "Allow" }).resume).to.equal("allow");
    expect(settings().resume).to.equal(undefined);
    const error = thrownBy(() => settings({ WANDB_RESUME: "yes" }));
    expect(error.message).to.include("sinks.wandb.resume: expected one of allow, must, never, auto");
  });
});
