import { existsSync, rmSync } from "node:fs";
import { expect } from "chai";
import type { Patience } from "../../../../plugins/sinks/wandb/http/retry.ts";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { Replay } from "../../../../plugins/sinks/wandb/upload/replay.ts";
import { Server } from "../../../../plugins/sinks/wandb/upload/server.ts";
import { omissionsOf } from "../../../../plugins/sinks/wandb/upload/upload.ts";
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

  describe("to a server that counts as many rows as it should", () => {
    const wanted = [...expectedRows(40), ...Array.from({ length: 20 }, (_, i) => expectedRow(41 + i, 2))];
    const isOf = (operation: string, text: string) => (request: { operation: string; body: string }) =>
      request.operation === operation && request.body.includes(text);
    const newRows = isOf("file_stream", '_step\\":41');
    const question = isOf("SampledHistoryPage", "_timestamp");

    /** Sends 60 rows, then those of the run that was resumed from row 40. */
    async function resumed(fault: typeof fake.server.fault) {
      const log = writeRun(fake.dir(), 60);
      await fake.send(log);
      const runLog = RunLog.resume(log, 40, runLogStart, runLogOptions);
      for (let step = 41; step <= 60; step++) runLog.row(testRow(step, 2));
      runLog.exit(0, runStart + 100_000);
      runLog.close();
      fake.server.requests.length = 0;
      fake.server.fault = fault;
      return { log, done: await fake.send(log) };
    }

    it("sends rows again that it took and kept an older version of", async () => {
      let times = 3;
      const { log, done } = await resumed((request) =>
        newRows(request) && times-- > 0 ? { kind: "forgotten" } : undefined,
      );
      expect(done).to.include({ complete: true, rows: 60, unread: 0 });
      expect(historyOf(fake.server)).to.deep.equal(wanted);
      expect(fake.server.requests.filter(newRows)).to.have.length(4);
      fake.server.requests.length = 0;
      await fake.send(log);
      expect(fake.server.requests.filter(question), "asked once it is known").to.deep.equal([]);
    });

    it("says which rows it keeps an older version of, however often they are sent, and leaves no marker", async () => {
      const { log, done } = await resumed((request) => (newRows(request) ? { kind: "forgotten" } : undefined));
      const reason = "the server holds an older version of 20 rows (steps 41 to 60), which it has taken 6 times";
      expect(done).to.include({ complete: false, reason });
      expect(existsSync(`${log}.synced`)).to.equal(false);
      fake.server.fault = () => undefined;
      expect(await fake.send(log)).to.include({ complete: true });
      expect(historyOf(fake.server)).to.deep.equal(wanted);
    });

    it("asks for every row where nothing is known here of what it was sent, as after a copy", async () => {
      const { log } = await resumed((request) => (newRows(request) ? { kind: "forgotten" } : undefined));
      rmSync(log.replace(/\.wandb$/, ".sync.json"));
      expect(await fake.send(log)).to.include({ complete: false });
      fake.server.fault = () => undefined;
      await fake.send(log);
      expect(historyOf(fake.server)).to.deep.equal(wanted);
    });

    for (const [which, text] of [
      ["shows no rows", '{"data":{"project":{"run":{"sampledHistory":[[]]}}}}'],
      ["does not know the question", '{"errors":[{"message":"Cannot query field \\"sampledHistory\\""}]}'],
    ] as const) {
      it(`tells that nothing is known of the rows where it ${which}`, async () => {
        const { done } = await resumed((request) =>
          question(request) ? { kind: "undocumented", text, applied: false } : undefined,
        );
        expect(done).to.include({ complete: true, rows: 60, unread: 20 });
        expect(omissionsOf(done)).to.equal(
          " It does not show 20 rows that a resumed run wrote anew: it may hold those of before.",
        );
        expect(historyOf(fake.server)).to.deep.equal(wanted);
      });
    }
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
