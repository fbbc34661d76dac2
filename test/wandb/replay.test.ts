import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Journal } from "../../plugins/sinks/wandb/journal.ts";
import { Replay } from "../../plugins/sinks/wandb/replay.ts";
import type { Patience } from "../../plugins/sinks/wandb/retry.ts";
import { Server } from "../../plugins/sinks/wandb/server.ts";
import { FakeWandb, type Fault } from "../helpers/fake-wandb.ts";
import { runStart, testRow } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/temp.ts";
import { lenient } from "../helpers/wandb-reader.ts";
import {
  account,
  expectedRow,
  expectedRows,
  historyOf,
  journalOptions,
  journalStart,
  logIn,
  testKey,
  uploadOnce,
  writeRun,
} from "../helpers/wandb-run.ts";

describe("upload", () => {
  const dir = useTempDir();
  let server: FakeWandb;
  let clock: { time: number };
  const send = (log: string, options?: Parameters<typeof uploadOnce>[2]) =>
    uploadOnce(log, server.transport(clock), options);
  /** The first faults of the requests to come, one each. */
  const faults = (...list: (Fault | undefined)[]) => {
    server.fault = () => list.shift();
  };

  beforeEach(() => {
    server = new FakeWandb();
    clock = { time: Date.UTC(2026, 5, 1) };
  });

  it("brings every row, once and in order, with NaN, infinities and true times", async () => {
    const done = await send(writeRun(dir(), 300, 0));
    expect(done).to.include({ complete: true, rows: 300, entity: "me", project: "p", id: "run1" });
    expect(historyOf(server)).to.deep.equal(expectedRows(300));
    expect(server.run("run1").history.filter((line) => /:(NaN|-?Infinity)/.test(line ?? ""))).to.have.length.above(5);
    expect(server.run("run1").exitcode).to.equal(0);
  });

  it("wraps the config so that W&B can resume the run, and defines metrics on their axis", async () => {
    await send(writeRun(dir(), 1, 0));
    const { config, ...others } = server.run("run1").variables;
    expect(others).to.include({ name: "run1", displayName: "a name", groupName: "g", jobType: "train" });
    expect(others.tags).to.deep.equal(["a", "b"]);
    const parsed = JSON.parse(String(config)) as Record<string, { value: Record<string, unknown> }>;
    expect(parsed.lr).to.deep.equal({ value: 0.1 });
    expect(parsed._wandb?.value.t).to.be.an("object");
    const metrics = parsed._wandb?.value.m as Record<string, unknown>[];
    const axis = metrics.findIndex((m) => m["1"] === "tokens") + 1;
    expect(metrics.find((m) => m["1"] === "train/loss")).to.deep.equal({
      "1": "train/loss",
      "5": axis,
      "6": [1, 3],
      "7": [1, 5],
    });
  });

  it("sends summary, system metrics and console lines with the times of the run", async () => {
    const journal = Journal.create(logIn(dir()), journalStart, journalOptions);
    journal.row({ ...testRow(1), metrics: { "train/loss": 2 } });
    journal.stats(runStart + 1500, { cpu: 12.5 });
    journal.output("stdout", runStart + 1, "one\ntwo");
    journal.output("stderr", runStart + 2, "bad\n");
    journal.exit(0, runStart + 3000);
    journal.close();
    await send(journal.path);
    const run = server.run("run1");
    expect(lenient(run.summary)).to.deep.include({ "train/loss": { min: 2, last: 2 }, _step: 1 });
    expect(run.events.map((line) => JSON.parse(line ?? ""))).to.deep.equal([
      { _wandb: true, _timestamp: (runStart + 1500) / 1000, _runtime: 1.5, "system.cpu": 12.5 },
    ]);
    expect(run.output).to.deep.equal([
      "2026-01-02T03:04:05.001000 one",
      "2026-01-02T03:04:05.001000 two",
      "ERROR 2026-01-02T03:04:05.002000 bad",
    ]);
  });

  it("changes nothing when it is repeated, and when its record of progress is gone", async () => {
    const log = writeRun(dir(), 50, 0);
    await send(log);
    const before = JSON.stringify(server.run("run1").history);
    await send(log);
    for (const name of readdirSync(dir())) if (name.endsWith(".sync.json")) writeFileSync(join(dir(), name), "{torn");
    expect(await send(log)).to.include({ complete: true });
    expect(JSON.stringify(server.run("run1").history)).to.equal(before);
  });

  it("goes on where an earlier upload stopped, and sends everything again to a server that lost it", async () => {
    const log = writeRun(dir(), 20, 0);
    faults(undefined, undefined, { kind: "status", status: 401 });
    await send(log);
    server.requests.length = 0;
    await send(log);
    expect(server.requests.some(({ body }) => body.includes("wandb-history"))).to.equal(false);
    server.runs.clear();
    expect(await send(log)).to.include({ complete: true });
    expect(historyOf(server)).to.deep.equal(expectedRows(20));
  });

  it("does not take the progress towards one server for that towards another", async () => {
    const log = writeRun(dir(), 20, 0);
    await send(log);
    const other = new FakeWandb();
    other.claimedLines = 20;
    const elsewhere = other.transport(clock);
    const { upload } = await import("../../plugins/sinks/wandb/upload.ts");
    const account = { baseUrl: "http://other.test", login: testKey };
    await upload({
      log,
      account,
      transport: elsewhere,
      patience: { until: Infinity, attempts: 3 },
      exitCode: undefined,
    });
    expect(historyOf(other)).to.deep.equal(expectedRows(20));
  });

  for (const [name, list] of Object.entries<(Fault | undefined)[]>({
    "a storm of 500, 503 and 429": [500, 503, 429, 500, 502].map((status) => ({ kind: "status", status })),
    "errors after the work was done": [0, 1, 2, 3].map(() => ({ kind: "status", status: 500, applied: true })),
    "resets before and after the work": [0, 1, 2, 3].map((i) => ({ kind: "reset", applied: i % 2 === 0 })),
    "stalls of half a minute and longer": [30_000, 31_000, 400_000].map((ms) => ({ kind: "stall", ms, applied: true })),
    "answers that are no JSON": [0, 1, 2].map(() => ({ kind: "malformed" })),
    "a conflict between writers": [{ kind: "status", status: 409 }],
  })) {
    it(`survives ${name}`, async () => {
      const log = writeRun(dir(), 40, 0);
      for (let skip = 0; skip < 3; skip++) {
        server.runs.clear();
        const isConflict = list.some((fault) => fault?.kind === "status" && fault.status === 409);
        faults(...new Array<undefined>(isConflict ? 0 : skip).fill(undefined), ...list);
        expect(await send(log), `after ${skip}`).to.include({ complete: true, rows: 40 });
        expect(historyOf(server)).to.deep.equal(expectedRows(40));
      }
    });
  }

  it("waits as long as Retry-After says, in seconds, fractions or as a date, and else 2, 4 … 60 s", async () => {
    const log = writeRun(dir(), 1, 0);
    const took = async (...list: Fault[]) => {
      server.runs.clear();
      faults(...list);
      const before = clock.time;
      const requests = server.requests.length;
      await send(log);
      return clock.time - before - 20 * (server.requests.length - requests);
    };
    const busy = (retryAfter: string): Fault => ({ kind: "status", status: 429, retryAfter });
    expect(await took(busy("7"))).to.equal(7000);
    expect(await took(busy("0.25"))).to.equal(250);
    clock.time = Math.ceil(clock.time / 1000) * 1000;
    expect(await took(busy(new Date(clock.time + 90_000).toUTCString()))).to.be.within(89_900, 90_000);
    expect(await took(busy("soon"))).to.equal(2250);
    const failed: Fault = { kind: "status", status: 500 };
    const waits = [2, 4, 8, 16, 32, 60, 60].map((s) => s * 1125);
    expect(await took(...waits.map(() => failed))).to.equal(waits.reduce((a, b) => a + b));
  });

  for (const [status, reason] of [
    [401, "the API key is refused (HTTP 401)"],
    [403, "the API key is refused (HTTP 403)"],
    [404, "the run or project is not there (HTTP 404)"],
    [413, "the server rejects the data (HTTP 413)"],
  ] as const) {
    it(`stops at once at HTTP ${status}, and goes on from there later`, async () => {
      const log = writeRun(dir(), 10, 0);
      faults(undefined, { kind: "status", status });
      expect(await send(log)).to.deep.include({ complete: false, rows: 0, reason });
      expect(server.requests).to.have.length(2);
      expect(await send(log)).to.include({ complete: true, rows: 10 });
    });
  }

  it("gives up on a server that is gone for good when its time is over, and says so", async () => {
    const log = writeRun(dir(), 10, 0);
    server.fault = () => ({ kind: "reset", applied: false });
    const before = clock.time;
    const done = await send(log, { attempts: 1000, ms: 120_000 });
    expect(done).to.include({ complete: false });
    expect(done.reason).to.match(/^no success within \d+ attempts, last: ECONNRESET: gone$/);
    expect(clock.time - before).to.be.within(60_000, 120_000);
    expect(existsSync(`${log}.synced`)).to.equal(false);
  });

  it("repeats what the server says of a refusal on one line", async () => {
    const log = writeRun(dir(), 1, 0);
    const transport = server.transport(clock);
    const refusing = {
      ...transport,
      request: async () => ({
        status: 200,
        retryAfter: undefined,
        text: '{"errors":[{"message":"no\\u001b[31m such\\nentity"}]}',
      }),
    };
    expect((await uploadOnce(log, refusing)).reason).to.equal("the server says: no [31m such entity");
  });

  it("leaves a run open that still runs, and ends a killed one as failed, never as finished", async () => {
    const log = writeRun(dir(), 10);
    expect(await send(log)).to.deep.include({ complete: false, rows: 10 });
    expect(server.run("run1").exitcode).to.equal(undefined);
    expect(await send(log, { exitCode: 137 })).to.include({ complete: true });
    expect(server.run("run1").exitcode).to.equal(137);
    expect(existsSync(`${log}.synced`)).to.equal(true);
  });

  it("gives each step once after a resume, though the killed part had sent more", async () => {
    const log = writeRun(dir(), 60);
    await send(log);
    expect(server.run("run1").history).to.have.length(60);
    const journal = Journal.resume(log, 40, journalStart, journalOptions);
    for (let step = 41; step <= 70; step++) journal.row(testRow(step, 2));
    journal.exit(0, runStart + 100_000);
    journal.close();
    await send(log);
    const wanted = [...expectedRows(40), ...Array.from({ length: 30 }, (_, i) => expectedRow(41 + i, 2))];
    expect(historyOf(server)).to.deep.equal(wanted);
    expect(server.run("run1").exitcode).to.equal(0);
  });

  it("empties the rows that a killed part had sent and its resumed run never came to", async () => {
    const log = writeRun(dir(), 60);
    await send(log);
    const journal = Journal.resume(log, 40, journalStart, journalOptions);
    journal.row(testRow(41));
    journal.exit(1, runStart + 100_000);
    journal.close();
    await send(log);
    expect(historyOf(server).slice(0, 41)).to.deep.equal(expectedRows(41));
    expect(historyOf(server).slice(41)).to.deep.equal(Array.from({ length: 19 }, (_, i) => ({ _step: 42 + i })));
  });

  it("sends no row of an old part once a resumed run has superseded it", async () => {
    const log = writeRun(dir(), 60);
    const replay = new Replay(log, new Server(account, server.transport(clock)));
    const patience = { until: Number.POSITIVE_INFINITY, attempts: 3 };
    await replay.pass(patience);
    const old = await rejection(replay, log, patience);
    expect(old).to.equal("the run was resumed meanwhile");
    await send(log);
    const wanted = [...expectedRows(40), expectedRow(41, 2), expectedRow(42, 2)];
    expect(historyOf(server).slice(0, 42)).to.deep.equal(wanted);
  });

  /** What a replay says that goes on after the log was rewritten behind its back. */
  async function rejection(replay: Replay, log: string, patience: Patience): Promise<string> {
    const journal = Journal.resume(log, 40, journalStart, journalOptions);
    for (const step of [41, 42]) journal.row(testRow(step, 2));
    journal.close();
    const said = await replay.finish(0, patience).then(
      () => "nothing",
      (thrown: Error) => thrown.message,
    );
    replay.close();
    return said;
  }

  it("sends what stands before damage, and says where the damage is", async () => {
    const log = writeRun(dir(), 30, 0);
    const bytes = readFileSync(log);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(log, bytes);
    const done = await send(log);
    expect(done.complete).to.equal(false);
    expect(done.reason).to.match(/damaged at byte \d+/);
    expect(done.rows).to.be.within(5, 25);
    expect(historyOf(server)).to.deep.equal(expectedRows(done.rows));
    expect(server.run("run1").exitcode).to.equal(undefined);
  });

  it("uploads files to the signed place without the key, and none from outside of the run", async () => {
    const journal = Journal.create(logIn(dir()), journalStart, journalOptions);
    journal.row(testRow(1));
    const { mkdirSync } = await import("node:fs");
    mkdirSync(join(dir(), "files", "a b"), { recursive: true });
    writeFileSync(join(dir(), "files", "a b", "ü.txt"), "content");
    writeFileSync(join(dir(), "secret"), "no");
    journal.files(["a b/ü.txt", "../secret", "missing"], "other");
    journal.exit(0, runStart);
    journal.close();
    await send(journal.path);
    const put = server.requests.filter(({ operation }) => operation === "PUT");
    expect([...server.run("run1").files]).to.deep.equal([["a b/ü.txt", "content"]]);
    expect(put.map(({ authorization }) => authorization)).to.deep.equal([""]);
    expect([...server.run("run1").uploaded]).to.deep.equal(["a b/ü.txt"]);
  });

  it("writes the key nowhere and sends it in no body", async () => {
    await send(writeRun(dir(), 5, 0));
    for (const name of readdirSync(dir())) {
      if (statSync(join(dir(), name)).isFile()) expect(readFileSync(join(dir(), name), "utf8")).to.not.include(testKey);
    }
    for (const { body, path } of server.requests) expect(path + body).to.not.include(testKey);
    expect(server.requests[0]?.authorization).to.equal(`Basic ${Buffer.from(`api:${testKey}`).toString("base64")}`);
  });

  it("sends long runs in requests that W&B takes", async () => {
    const journal = Journal.create(logIn(dir()), journalStart, journalOptions);
    const metrics = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`section/metric_${i}/layer_3`, 1 / (i + 3)]),
    );
    for (let step = 1; step <= 1500; step++) journal.row({ ...testRow(step), metrics });
    journal.exit(0, runStart);
    journal.close();
    await send(journal.path);
    expect(server.run("run1").history).to.have.length(1500);
    expect(Math.max(...server.requests.map(({ body }) => body.length))).to.be.below(10 * 1024 * 1024);
    expect(server.requests.filter(({ operation }) => operation === "file_stream")).to.have.length.above(2);
  });
});
