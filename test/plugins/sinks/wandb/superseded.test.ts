import { expect } from "chai";
import type { Patience } from "../../../../plugins/sinks/wandb/http/retry.ts";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { Replay } from "../../../../plugins/sinks/wandb/upload/replay.ts";
import { Server } from "../../../../plugins/sinks/wandb/upload/server.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import {
  account,
  expectedRow,
  expectedRows,
  historyOf,
  runLogOptions,
  runLogStart,
  useFakeServer,
  writeRun,
} from "../../../helpers/wandb-run.ts";

describe("upload of a log whose rows were superseded", () => {
  const fake = useFakeServer();

  it("gives each step once after a resume, though the killed part had sent more", async () => {
    const log = writeRun(fake.dir(), 60);
    await fake.send(log);
    expect(fake.server.run("run1").history).to.have.length(60);
    const runLog = RunLog.resume(log, 40, runLogStart, runLogOptions);
    for (let step = 41; step <= 70; step++) runLog.row(testRow(step, 2));
    runLog.exit(0, runStart + 100_000);
    runLog.close();
    await fake.send(log);
    const wanted = [...expectedRows(40), ...Array.from({ length: 30 }, (_, i) => expectedRow(41 + i, 2))];
    expect(historyOf(fake.server)).to.deep.equal(wanted);
    expect(fake.server.run("run1").exitcode).to.equal(0);
  });

  it("empties the rows that a killed part had sent and its resumed run never came to", async () => {
    const log = writeRun(fake.dir(), 60);
    await fake.send(log);
    const runLog = RunLog.resume(log, 40, runLogStart, runLogOptions);
    runLog.row(testRow(41));
    runLog.exit(1, runStart + 100_000);
    runLog.close();
    await fake.send(log);
    expect(historyOf(fake.server).slice(0, 41)).to.deep.equal(expectedRows(41));
    expect(historyOf(fake.server).slice(41)).to.deep.equal(Array.from({ length: 19 }, (_, i) => ({ _step: 42 + i })));
  });

  it("sends no row of an old part once a resumed run has superseded it", async () => {
    const log = writeRun(fake.dir(), 60);
    const replay = new Replay(log, new Server(account, fake.server.transport(fake.clock)));
    const patience = { until: Number.POSITIVE_INFINITY, attempts: 3 };
    await replay.pass(patience);
    const old = await rejection(replay, log, patience);
    expect(old).to.equal("the run was resumed meanwhile");
    await fake.send(log);
    const wanted = [...expectedRows(40), expectedRow(41, 2), expectedRow(42, 2)];
    expect(historyOf(fake.server).slice(0, 42)).to.deep.equal(wanted);
  });

  /** What a replay says that goes on after the log was rewritten behind its back. */
  async function rejection(replay: Replay, log: string, patience: Patience): Promise<string> {
    const runLog = RunLog.resume(log, 40, runLogStart, runLogOptions);
    for (const step of [41, 42]) runLog.row(testRow(step, 2));
    runLog.close();
    const said = await replay.finish(0, patience).then(
      () => "nothing",
      (thrown: Error) => thrown.message,
    );
    replay.close();
    return said;
  }
});
