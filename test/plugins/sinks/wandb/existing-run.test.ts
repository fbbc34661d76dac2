import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { ResumeMode } from "../../../../plugins/sinks/wandb/log/progress.ts";
import { noProgress, writeProgress } from "../../../../plugins/sinks/wandb/log/progress.ts";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import { lenient } from "../../../helpers/wandb-reader.ts";
import {
  expectedRow,
  expectedRows,
  historyOf,
  logIn,
  runLogOptions,
  runLogStart,
  useFakeServer,
  writeRun,
} from "../../../helpers/wandb-run.ts";

describe("a log whose run id the server has already", () => {
  const fake = useFakeServer();
  const theirs = [
    { _step: 0, a: 1 },
    { _step: 40, a: Number.NaN },
  ];

  /** A run of W&B's Python client. */
  function existing(history = ['{"_step":0,"a":1}', '{"_step":40,"a":NaN}']): void {
    fake.server.runs.set("run1", {
      history: [...history],
      events: ['{"_wandb":true}'],
      output: ["one", "two", "three"],
      summary: '{"a":NaN,"train/loss":{"min":-9},"_step":40,"best":{"a":[1,"}"]}}',
      variables: {
        name: "run1",
        displayName: "theirs",
        project: "p",
        config: '{"lr":{"value":9},"old":{"value":{"x":[1,2]}},"_wandb":{"value":{"t":{"3":[1]}}}}',
      },
      exitcode: 0,
      upserts: 0,
      uploaded: new Set(),
      files: new Map(),
    });
  }
  /** The rows that follow theirs: each `_step` behind the last of them. */
  const behind = (steps: number) =>
    Array.from({ length: steps }, (_, i) => ({ ...expectedRow(i + 1), _step: 41 + i + 1 }));
  /** A log in a folder of its own. */
  function another(name: string, steps: number, code?: number): string {
    mkdirSync(join(fake.dir(), name));
    return writeRun(join(fake.dir(), name), steps, code);
  }
  const asked = (log: string, resume: ResumeMode) => {
    writeProgress(log, { ...noProgress("", 0), resume });
    return log;
  };
  const forget = (log: string) => rmSync(log.replace(/\.wandb$/, ".sync.json"));

  it("goes on behind every line that is there: history, system metrics, console and steps", async () => {
    existing();
    const runLog = RunLog.create(logIn(fake.dir()), runLogStart, runLogOptions);
    for (let step = 1; step <= 30; step++) runLog.row(testRow(step));
    runLog.stats(runStart, { cpu: 1 });
    runLog.output("stdout", runStart, "ours");
    runLog.exit(1, runStart);
    runLog.close();
    expect(await fake.send(runLog.path)).to.include({ complete: true, rows: 30 });
    expect(historyOf(fake.server)).to.deep.equal([...theirs, ...behind(30)]);
    const run = fake.server.run("run1");
    expect(run.events).to.have.length(2);
    expect(run.output.map((line) => line?.split(" ").at(-1))).to.deep.equal(["one", "two", "three", "ours"]);
    expect(run.exitcode).to.equal(1);
  });

  it("keeps what only the run before has in config, summary and name", async () => {
    existing();
    await fake.send(writeRun(fake.dir(), 3, 0));
    await fake.send(logIn(fake.dir()));
    const { variables, summary } = fake.server.run("run1");
    const config = JSON.parse(String(variables.config)) as Record<string, { value: unknown }>;
    expect(config.lr).to.deep.equal({ value: 0.1 });
    expect(config.old).to.deep.equal({ value: { x: [1, 2] } });
    expect(variables.displayName).to.equal("theirs");
    const values = lenient(summary) as Record<string, unknown>;
    expect(values).to.deep.include({ a: Number.NaN, best: { a: [1, "}"] }, _step: 44 });
    expect(values["train/loss"]).to.have.keys("min", "last");
  });

  it("changes nothing when it is sent again, in parts, after faults, and when its record of progress is gone", async () => {
    existing();
    const log = writeRun(fake.dir(), 30, 0);
    fake.faults(undefined, undefined, { kind: "reset", applied: true }, { kind: "status", status: 401 });
    expect(await fake.send(log)).to.include({ complete: false });
    fake.faults();
    await fake.send(log);
    expect(historyOf(fake.server)).to.deep.equal([...theirs, ...behind(30)]);
    forget(log);
    expect(await fake.send(log)).to.include({ complete: true, rows: 30 });
    expect(historyOf(fake.server)).to.deep.equal([...theirs, ...behind(30)]);
  });

  it("stays behind it after `experiment resume`, whose superseded rows alone are replaced", async () => {
    existing();
    const log = writeRun(fake.dir(), 30);
    await fake.send(log);
    const runLog = RunLog.resume(log, 20, runLogStart, runLogOptions);
    for (let step = 21; step <= 25; step++) runLog.row(testRow(step, 2));
    runLog.exit(0, runStart);
    runLog.close();
    await fake.send(log);
    const anew = Array.from({ length: 5 }, (_, i) => ({ ...expectedRow(21 + i, 2), _step: 41 + 21 + i }));
    const emptied = Array.from({ length: 5 }, (_, i) => ({ _step: 67 + i }));
    expect(historyOf(fake.server)).to.deep.equal([...theirs, ...behind(20), ...anew, ...emptied]);
  });

  it("begins at the front of a run that was deleted meanwhile", async () => {
    existing();
    const log = writeRun(fake.dir(), 10, 0);
    await fake.send(log);
    fake.server.runs.clear();
    await fake.send(log);
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(10));
    existing();
    await fake.send(log);
    expect(historyOf(fake.server)).to.deep.equal([...theirs, ...behind(10)]);
  });

  it("sends nothing over the rows of a log that went on with its run, and is complete if it had sent all of its own", async () => {
    const first = another("first", 30);
    await fake.send(first);
    const late = RunLog.resume(first, 30, runLogStart, runLogOptions);
    for (let step = 31; step <= 35; step++) late.row(testRow(step));
    const second = another("second", 10, 0);
    await fake.send(second);
    const both = [
      ...expectedRows(30),
      ...Array.from({ length: 10 }, (_, i) => ({ ...expectedRow(i + 1), _step: 32 + i })),
    ];
    expect(historyOf(fake.server)).to.deep.equal(both);
    late.close();
    const done = await fake.send(first, { exitCode: 137 });
    expect(done).to.include({ complete: false, reason: "another log goes on with the run from row 30 on" });
    RunLog.resume(first, 30, runLogStart, runLogOptions).close();
    expect(await fake.send(first, { exitCode: 137 })).to.include({ complete: true, rows: 30 });
    expect(await fake.send(second)).to.include({ complete: true });
    expect(historyOf(fake.server)).to.deep.equal(both);
    expect(fake.server.run("run1").exitcode).to.equal(0);
  });

  it("is known again where W&B's own client sent it, by the writer that its config names", async () => {
    const log = writeRun(fake.dir(), 10, 0);
    await fake.send(log);
    forget(log);
    const { variables } = fake.server.run("run1");
    const config = JSON.parse(String(variables.config)) as {
      _wandb: { value: { reluscope?: [[string]]; e?: object } };
    };
    config._wandb.value.e = { r4nd0m: { os: "Linux", writerId: config._wandb.value.reluscope?.[0][0] } };
    delete config._wandb.value.reluscope;
    variables.config = JSON.stringify(config);
    await fake.send(log);
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(10));
  });

  describe("and resume", () => {
    it("never: is refused before a line is sent", async () => {
      existing();
      const done = await fake.send(asked(writeRun(fake.dir(), 5, 0), "never"));
      expect(done).to.include({
        complete: false,
        reason: 'run "run1" is on the server already, and resume is `never`',
      });
      expect(fake.server.requests.map(({ operation }) => operation)).to.deep.equal(["RunResumeStatus"]);
    });

    it("never: holds for the run's beginning alone, also where the upload broke off there", async () => {
      const log = asked(writeRun(fake.dir(), 5, 0), "never");
      fake.faults(undefined, { kind: "reset", applied: true }, { kind: "status", status: 400 });
      expect(await fake.send(log)).to.include({ complete: false });
      fake.faults();
      expect(await fake.send(log)).to.include({ complete: true, rows: 5 });
      expect(historyOf(fake.server)).to.deep.equal(expectedRows(5));
    });

    it("must: is refused where there is none, and where W&B takes the run for one that never began", async () => {
      const log = asked(writeRun(fake.dir(), 5, 0), "must");
      const reason = 'run "run1" is not on the server, and resume is `must`';
      expect(await fake.send(log)).to.include({ complete: false, reason });
      existing([]);
      fake.server.run("run1").variables.config = "{}";
      expect(await fake.send(log)).to.include({ complete: false, reason });
      existing();
      expect(await fake.send(log)).to.include({ complete: true });
      expect(historyOf(fake.server)).to.deep.equal([...theirs, ...behind(5)]);
    });

    it("allow: begins the run where there is none", async () => {
      expect(await fake.send(asked(writeRun(fake.dir(), 5, 0), "allow"))).to.include({ complete: true });
      expect(historyOf(fake.server)).to.deep.equal(expectedRows(5));
    });
  });

  it("waits rather than guess when the server does not say what the run holds", async () => {
    existing();
    const transport = fake.server.transport(fake.clock);
    const log = writeRun(fake.dir(), 5, 0);
    const { uploadOnce } = await import("../../../helpers/wandb-run.ts");
    const silent = {
      ...transport,
      request: async (request: Parameters<typeof transport.request>[0]) => {
        const reply = await transport.request(request);
        return { ...reply, text: reply.text.replace('"historyLineCount":2', '"historyLineCount":null') };
      },
    };
    const done = await uploadOnce(log, silent, { attempts: 2 });
    expect(done.reason).to.include("an answer that does not say how many lines the run has");
    expect(historyOf(fake.server)).to.deep.equal(theirs);
    expect(readdirSync(dirname(log)).some((name) => name.endsWith(".synced"))).to.equal(false);
  });
});
