import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import type { Outcome } from "../../../../core/contract/run.ts";
import type { SinkInstance } from "../../../../core/contract/sink.ts";
import { json } from "../../../../plugins/sinks/json.ts";
import { network } from "../../../../plugins/sinks/wandb/http/transport.ts";
import { readPointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings, type Settings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { createWandbSink } from "../../../../plugins/sinks/wandb/sink.ts";
import { syncRun } from "../../../../plugins/sinks/wandb/sync.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { type TestHost, testHost } from "../../../helpers/sink-host.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { readHistory } from "../../../helpers/wandb-reader.ts";
import { expectedRows, historyOf } from "../../../helpers/wandb-run.ts";

const key = "k".repeat(86);
const id = "20260102-030405-abcd";
type Options = Parameters<typeof optionsSchema.parse>[0] & object;

function ended(state: Outcome["state"], steps: number): Outcome {
  return { state, step: steps, tokens: steps * 16, time: runStart + steps * 1500 };
}

describe("createWandbSink online", () => {
  const dir = useTempDir();
  let server: FakeWandb;
  let env: Record<string, string>;
  let host: TestHost;
  beforeEach(async () => {
    host = testHost();
    server = new FakeWandb();
    env = { WANDB_API_KEY: key, WANDB_BASE_URL: await server.listen() };
  });

  function settingsFor(options: Options, env: Record<string, string>): Settings {
    return resolveSettings(optionsSchema.parse(options), { env, cwd: dir(), home: dir(), readText: () => undefined });
  }
  function sinkWith(options: Options = {}, env: Record<string, string> = {}): SinkInstance {
    return createWandbSink(optionsSchema.parse(options), settingsFor(options, env), host);
  }
  const logOf = () => readPointer(dir())?.log ?? "";

  afterEach(() => server.close());

  /** Looks every few milliseconds, for at most 15 s. */
  async function until(what: string, holds: () => boolean): Promise<void> {
    const end = Date.now() + 15_000;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`waited 15 s for: ${what}`);
      await setTimeout(10);
    }
  }
  const bySdk = () => server.requests.filter((r) => r.operation === "file_stream" && r.userAgent.includes("JS Client"));

  it("streams rows through @wandb/sdk while training, with NaN and true times, says where, and heeds a stop", async () => {
    const sink = sinkWith({}, env);
    await sink.open(testRun(dir()));
    await sink.write([testRow(1)]);
    await until("the first row", () => server.runs.get(id)?.history.length === 1);
    await until("the SDK's start", () => server.requests.some((r) => r.operation === "Viewer"));
    for (let step = 2; step < 120; step++) await sink.write([testRow(step)]);
    await until("rows by the SDK", () => bySdk().length > 0 && server.run(id).history.length === 119);
    expect(host.stops).to.deep.equal([]);
    server.stopped = true; // told to the SDK, which pays no heed
    await sink.write([testRow(120)]);
    await until("the stop", () => host.stops.length > 0);
    server.stopped = undefined;
    expect(historyOf(server, id)).to.deep.equal(expectedRows(120));
    expect(server.run(id).exitcode).to.equal(undefined);
    await sink.close(ended("finished", 120));
    expect(historyOf(server, id)).to.deep.equal(expectedRows(120));
    expect(server.run(id).exitcode).to.equal(0);
    expect(host.said[0]).to.equal(`W&B: view the run at ${env.WANDB_BASE_URL}/me/reluscope/runs/${id}`);
    expect(host.said.at(-1)).to.equal(
      `W&B: all 120 rows are at ${env.WANDB_BASE_URL}/me/reluscope/runs/${id} (finished).`,
    );
    expect(host.warned).to.deep.equal([]);
    expect([host.stops, host.bars.at(-1)]).to.deep.equal([["stopped from W&B's page"], "120/120"]);
  });

  it("gives the SDK up at its first failed request, and loses nothing", async () => {
    server.fault = (r) =>
      r.operation === "file_stream" && r.userAgent.includes("JS Client") ? { kind: "status", status: 500 } : undefined;
    const sink = sinkWith({}, env);
    await sink.open(testRun(dir()));
    await sink.write([testRow(1)]);
    await until("the SDK's start", () => server.requests.some((r) => r.operation === "Viewer"));
    for (let step = 2; step <= 30; step++) await sink.write([testRow(step)]);
    await until("the SDK's failure", () => bySdk().length > 0);
    await until("the rows all the same", () => server.run(id).history.length === 30);
    await sink.close(ended("finished", 30));
    expect(historyOf(server, id)).to.deep.equal(expectedRows(30));
    expect(bySdk()).to.have.length(1);
  });

  it("warns once when the key is refused, never waits, and says what is safe and how to finish", async () => {
    server.fault = () => ({ kind: "status", status: 401 });
    const sink = sinkWith({}, env);
    await sink.open(testRun(dir()));
    for (let step = 1; step <= 10; step++) expect(sink.write([testRow(step)])).to.equal(undefined);
    await until("the warning", () => host.warned.length > 0);
    await sink.close(ended("finished", 10));
    expect(host.warned).to.have.length(2);
    expect(host.warned[0]).to.match(/^W&B: streaming failed: the API key is refused \(HTTP 401\)\. Training goes on/);
    expect(host.warned[1]).to.include("0 rows are on the server").and.include(`All rows are safe in ${logOf()}`);
    expect(host.warned[1]).to.include(`experiment sync ${id}`).and.include("wandb sync --include-online");
    expect(host.warned.join()).to.not.include(key);
    expect(readHistory(logOf())).to.deep.equal(expectedRows(10));
  });

  it("says that it waits, not that it failed, while it goes on by itself", async () => {
    server.fault = () => ({ kind: "status", status: 429, retryAfter: "61" }); // beyond the minute that one look has
    const sink = sinkWith({ finish_timeout: 0.2 }, env);
    await sink.open(testRun(dir()));
    await sink.write([testRow(1)]);
    await until("the warning", () => host.warned.length > 0);
    expect(host.warned).to.have.length(1);
    expect(host.warned[0]).to.match(
      /^W&B: streaming waits: no success within 1 attempt, last: HTTP 429\. It tries again\. Training goes on; rows are kept in /,
    );
    await sink.close(ended("finished", 1));
  });

  it("pins the SDK to the version whose insides it holds on to", () => {
    const textOf = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
    const pinned = JSON.parse(textOf("package.json")).dependencies["@wandb/sdk"];
    expect(pinned).to.equal(JSON.parse(textOf("node_modules/@wandb/sdk/package.json")).version);
    expect(textOf("plugins/sinks/wandb/upload/sdk-lane.ts")).to.contain(`filestream.js\` of ${pinned})`);
  });

  it("names W&B's own command only while no row was sent, for that would add all of them a second time", async () => {
    server.fault = ({ body }) => (body.includes('"complete":true') ? { kind: "status", status: 404 } : undefined);
    const sink = sinkWith({}, env);
    await sink.open(testRun(dir()));
    for (let step = 1; step <= 10; step++) await sink.write([testRow(step)]);
    await sink.close(ended("finished", 10));
    expect(host.warned.at(-1)).to.include("10 rows are on the server").and.include(`experiment sync ${id}`);
    expect(host.warned.at(-1)).to.not.include("wandb sync");
  });

  it("ends within its limit when the server is away, and sync finishes later", async () => {
    const sink = sinkWith({ finish_timeout: 0.2 }, env);
    server.fault = () => ({ kind: "reset", applied: false });
    await sink.open(testRun(dir()));
    for (let step = 1; step <= 10; step++) await sink.write([testRow(step)]);
    const before = Date.now();
    await sink.close(ended("failed", 10));
    expect(Date.now() - before).to.be.below(4000);
    expect(host.warned.at(-1)).to.match(/no success within 1 attempt, last: /);

    server.fault = () => undefined;
    const run = { id, dir: dir(), state: "failed" } as const;
    const report = await syncRun(run, optionsSchema.parse({}), settingsFor({}, env), host, network);
    expect(report).to.deep.include({ state: "complete" });
    expect(report.message).to.include(`${id}: all 10 rows are at ${env.WANDB_BASE_URL}`).and.include("(failed)");
    expect(server.run(id).exitcode).to.equal(1);
    const again = await syncRun(run, optionsSchema.parse({}), settingsFor({}, env), host, network);
    expect(again).to.deep.equal({ state: "nothing", message: `${id}: is on the server already.` });
  });

  it("sync says when there is no key, and no log", async () => {
    const run = { id, dir: dir(), state: "killed" } as const;
    const sync = () => syncRun(run, optionsSchema.parse({}), settingsFor({}, {}), host, network);
    expect(await sync()).to.deep.equal({ state: "nothing", message: `${id}: has no W&B log.` });
    const sink = sinkWith();
    await sink.open(testRun(dir()));
    expect((await sync()).message).to.include("no API key");
  });

  it("sync takes over from rows.jsonl what a damaged or shorter log lacks", async () => {
    const record = json.setup({} as never, host);
    const sink = sinkWith({ mode: "offline" });
    await record.open(testRun(dir()));
    await sink.open(testRun(dir()));
    for (let step = 1; step <= 40; step++) {
      await record.write([testRow(step)]);
      if (step <= 35) await sink.write([testRow(step)]);
    }
    await record.close(ended("failed", 40));
    const bytes = readFileSync(logOf());
    const at = bytes.length - 3000;
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(logOf(), bytes);
    const run = { id, dir: dir(), state: "killed" } as const;
    const report = await syncRun(run, optionsSchema.parse({}), settingsFor({}, env), host, network);
    expect(report.state, report.message).to.equal("complete");
    expect(historyOf(server, id)).to.deep.equal(expectedRows(40));
    expect(server.run(id).exitcode).to.equal(137);
    expect(existsSync(`${logOf()}.damaged`)).to.equal(true);
    expect(host.said.at(-1)).to.match(/took \d+ rows over from rows\.jsonl/);
  });
});
