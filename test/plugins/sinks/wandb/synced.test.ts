import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { StoredRun } from "../../../../core/contract/sink.ts";
import { runTaken } from "../../../../core/errors/errors.ts";
import { writePointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { syncedMarker } from "../../../../plugins/sinks/wandb/log/progress.ts";
import { RunLog } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { syncRun } from "../../../../plugins/sinks/wandb/sync.ts";
import { runStart, testRow } from "../../../helpers/rows.ts";
import {
  account,
  expectedRows,
  historyOf,
  runLogOptions,
  runLogStart,
  testKey,
  useFakeServer,
  writeRun,
} from "../../../helpers/wandb-run.ts";

const options = optionsSchema.parse({});

function settingsWith(env: Readonly<Record<string, string>> = {}) {
  const around = { env: { WANDB_API_KEY: testKey, ...env }, cwd: "/", home: "/", readText: () => undefined };
  return resolveSettings({ base_url: account.baseUrl, project: "p" }, around);
}

describe("experiment sync of a run that was synced before", () => {
  const fake = useFakeServer();
  const said: string[] = [];
  const host = { info: (line: string) => void said.push(line), warn() {}, progress() {} };
  const sync = async (state: StoredRun["state"], more: Partial<StoredRun> = {}) => {
    const run: StoredRun = { id: "run1", dir: fake.dir(), state, trusted: true, ...more };
    return (await syncRun(run, options, settingsWith(), host, fake.server.transport(fake.clock))).message;
  };
  const begun = (steps: number, code?: number) => {
    const log = writeRun(fake.dir(), steps, code);
    writePointer(fake.dir(), { log, id: "run1" });
    return log;
  };

  it("sends what a resumed run added, also where the marker of the sync before comes after it", async () => {
    const log = begun(22, 130);
    expect(await sync("interrupted")).to.include("all 22 rows are at");
    const marker = readFileSync(syncedMarker(log));
    const requests = fake.server.requests.length;
    expect(await sync("interrupted")).to.equal("run1: is on the server already.");
    expect(fake.server.requests).to.have.length(requests);

    const resumed = RunLog.resume(log, 22, runLogStart, runLogOptions);
    for (let step = 23; step <= 400; step++) resumed.row(testRow(step));
    resumed.exit(0, runStart);
    resumed.close();
    writeFileSync(syncedMarker(log), marker);
    expect(await sync("finished")).to.include("all 400 rows are at");
    expect(historyOf(fake.server)).to.deep.equal(expectedRows(400));
    expect(fake.server.run("run1").exitcode).to.equal(0);
  });

  it("ends with the run's true last state, after a false one too", async () => {
    begun(5);
    for (const [state, code] of [
      ["killed", 137],
      ["finished", 0],
      ["failed", 1],
    ] as const) {
      expect(await sync(state)).to.include(`(${state})`);
      expect(fake.server.run("run1").exitcode).to.equal(code);
      expect(await sync(state)).to.equal("run1: is on the server already.");
    }
  });

  it("does not end a living run, though its log holds the end of an earlier part", async () => {
    begun(5, 130);
    expect(await sync("running")).to.include("the run goes on");
    expect(fake.server.run("run1").exitcode).to.equal(undefined);
  });

  it("says nothing of the end, and leaves no marker, once another process has the run", async () => {
    const log = begun(5, 0);
    let asked = 0;
    const check = () => {
      asked += 1;
      if (asked > 2) throw runTaken("run1", true);
    };
    expect(await sync("finished", { check })).to.match(/^run1: 5 of 5 rows are on the server; .*another process/);
    expect(fake.server.run("run1").exitcode).to.equal(undefined);
    expect(() => readFileSync(syncedMarker(log))).to.throw();
  });

  it("believes neither an empty marker nor that of another server", async () => {
    const log = begun(5, 0);
    writeFileSync(syncedMarker(log), "");
    expect(await sync("finished")).to.include("all 5 rows are at");
    const marker = readFileSync(syncedMarker(log), "utf8");
    writeFileSync(syncedMarker(log), marker.replace("wandb.test", "other.test"));
    expect(await sync("finished")).to.include("all 5 rows are at");
  });

  it("sends nothing where the user's own environment disables W&B, whatever the run says", async () => {
    begun(5, 0);
    const run: StoredRun = { id: "run1", dir: fake.dir(), state: "finished", trusted: true };
    for (const env of [{ WANDB_MODE: "disabled" }, { WANDB_DISABLED: "true" }]) {
      const online = optionsSchema.parse({ mode: "online" });
      const transport = fake.server.transport(fake.clock);
      const { state, message } = await syncRun(run, online, settingsWith(env), host, transport);
      expect([state, message]).to.deep.equal([
        "partial",
        "run1: not synced: W&B is disabled here, by WANDB_MODE, WANDB_DISABLED or a settings file of W&B.",
      ]);
    }
    expect(fake.server.requests).to.deep.equal([]);
  });

  it("tells how long the server asks to wait, and how to stop", async () => {
    begun(5, 0);
    fake.faults({ kind: "status", status: 429, retryAfter: "86400" });
    await sync("finished");
    expect(said.at(-1)).to.equal(
      "W&B: run1: the next attempt is in 24 h (HTTP 429). Ctrl-C stops; a later `sync` goes on from here.",
    );
  });
});
