import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { upload } from "../../../../plugins/sinks/wandb/upload/upload.ts";
import { FakeWandb } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import { lenient } from "../../../helpers/wandb-reader.ts";
import {
  expectedRows,
  historyOf,
  logIn,
  runLogOptions,
  runLogStart,
  testKey,
  useFakeServer,
  writeRun,
} from "../../../helpers/wandb-run.ts";

describe("a server that is brought up to a log", () => {
  const fake = useFakeServer();

  it("brings every row, once and in order, with NaN, infinities and true times", async () => {
    const done = await fake.send(writeRun(fake.dir(), 300, 0));
    expect(done).to.include({ complete: true, rows: 300, entity: "me", project: "p", id: "run1" });
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(300));
    expect(fake.server.run("run1").history.filter((line) => /:(NaN|-?Infinity)/.test(line ?? ""))).to.have.length.above(
      5,
    );
    expect(fake.server.run("run1").exitcode).to.equal(0);
  });

  it("wraps the config so that W&B can resume the run, and defines metrics on their axis", async () => {
    await fake.send(writeRun(fake.dir(), 1, 0));
    const { config, ...others } = fake.server.run("run1").variables;
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
    const runLog = RunLog.create(logIn(fake.dir()), runLogStart, runLogOptions);
    runLog.row({ ...testRow(1), metrics: { "train/loss": 2 } });
    runLog.stats(runStart + 1500, { cpu: 12.5 });
    runLog.output("stdout", runStart + 1, "one\ntwo");
    runLog.output("stderr", runStart + 2, "bad\n");
    runLog.exit(0, runStart + 3000);
    runLog.close();
    await fake.send(runLog.path);
    const run = fake.server.run("run1");
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
    const log = writeRun(fake.dir(), 50, 0);
    await fake.send(log);
    const before = JSON.stringify(fake.server.run("run1").history);
    await fake.send(log);
    for (const name of readdirSync(fake.dir()))
      if (name.endsWith(".sync.json")) writeFileSync(join(fake.dir(), name), "{torn");
    expect(await fake.send(log)).to.include({ complete: true });
    expect(JSON.stringify(fake.server.run("run1").history)).to.equal(before);
  });

  it("goes on where an earlier upload stopped, and sends everything again to a server that lost it", async () => {
    const log = writeRun(fake.dir(), 20, 0);
    fake.faults(undefined, undefined, undefined, { kind: "status", status: 401 });
    await fake.send(log);
    fake.server.requests.length = 0;
    await fake.send(log);
    expect(fake.server.requests.some(({ body }) => body.includes("wandb-history"))).to.equal(false);
    fake.server.runs.clear();
    expect(await fake.send(log)).to.include({ complete: true });
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(20));
  });

  it("does not take the progress towards one server for that towards another", async () => {
    const log = writeRun(fake.dir(), 20, 0);
    await fake.send(log);
    const other = new FakeWandb();
    const patience = { until: Infinity, attempts: 3 };
    const account = { baseUrl: "http://other.test", login: testKey };
    await upload({ log, account, transport: other.transport(fake.clock), patience, codeOf: (logged) => logged });
    expect(historyOf(other)).to.deep.equal(expectedRows(20));
  });

  it("leaves a run open that still runs, and ends a killed one as failed, never as finished", async () => {
    const log = writeRun(fake.dir(), 10);
    expect(await fake.send(log)).to.deep.include({ complete: false, rows: 10 });
    expect(fake.server.run("run1").exitcode).to.equal(undefined);
    expect(await fake.send(log, { exitCode: 137 })).to.include({ complete: true });
    expect(fake.server.run("run1").exitcode).to.equal(137);
    expect(existsSync(`${log}.synced`)).to.equal(true);
  });

  it("sends what stands before damage, and says where the damage is", async () => {
    const log = writeRun(fake.dir(), 30, 0);
    const bytes = readFileSync(log);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(log, bytes);
    const done = await fake.send(log);
    expect(done.complete).to.equal(false);
    expect(done.reason).to.match(/damaged at byte \d+/);
    expect(done.rows).to.be.within(5, 25);
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(done.rows));
    expect(fake.server.run("run1").exitcode).to.equal(undefined);
  });

  it("sends long runs in requests that W&B takes", async () => {
    const runLog = RunLog.create(logIn(fake.dir()), runLogStart, runLogOptions);
    const metrics = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`section/metric_${i}/layer_3`, 1 / (i + 3)]),
    );
    for (let step = 1; step <= 1500; step++) runLog.row({ ...testRow(step), metrics });
    runLog.exit(0, runStart);
    runLog.close();
    await fake.send(runLog.path);
    expect(fake.server.run("run1").history).to.have.length(1500);
    expect(Math.max(...fake.server.requests.map(({ body }) => body.length))).to.be.below(10 * 1024 * 1024);
    expect(fake.server.requests.filter(({ operation }) => operation === "file_stream")).to.have.length.above(2);
  });
});
