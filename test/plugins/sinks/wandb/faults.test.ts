import { mkdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createRandom, type Random } from "../../../../core/arrays/random.ts";
import type { Row, StoredRun } from "../../../../core/contract/sink.ts";
import { readRows } from "../../../../core/record/reader.ts";
import { json } from "../../../../plugins/sinks/json.ts";
import { UploadError } from "../../../../plugins/sinks/wandb/http/retry.ts";
import type { Transport } from "../../../../plugins/sinks/wandb/http/transport.ts";
import { makeLogFolder, readPointer, writePointer } from "../../../../plugins/sinks/wandb/log/layout.ts";
import { RunLog, type RunLogStart } from "../../../../plugins/sinks/wandb/log/run-log.ts";
import { optionsSchema } from "../../../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../../../plugins/sinks/wandb/login/settings.ts";
import { syncRun } from "../../../../plugins/sinks/wandb/sync.ts";
import { Replay } from "../../../../plugins/sinks/wandb/upload/replay.ts";
import { Server } from "../../../../plugins/sinks/wandb/upload/server.ts";
import { FakeWandb, type Fault } from "../../../helpers/fake-wandb.ts";
import { runStart, testRow, testRun } from "../../../helpers/rows.ts";
import { useTempDir } from "../../../helpers/temp.ts";
import { account, historyOf, runLogOptions, runLogStart, testKey } from "../../../helpers/wandb-run.ts";

/** A process that is gone from one request to the next, at the moment that only its transport sees. */
class Killed extends Error {}

/** The fault of one request; `harm` is the share of requests that something happens to. */
function randomFault(random: Random, harm: number): Fault | undefined {
  if (random.next() > harm) return undefined;
  const applied = random.next() < 0.5;
  switch (random.integer(7)) {
    case 0:
      return { kind: "status", status: 500, applied };
    case 1:
      return { kind: "status", status: 429, retryAfter: String(random.integer(40)) };
    case 2:
      return { kind: "status", status: 503, retryAfter: "0.5", applied };
    case 3:
      return { kind: "reset", applied };
    case 4:
      return { kind: "stall", ms: 30_000 + random.integer(200_000), applied };
    case 5:
      return { kind: "malformed" };
    default:
      return { kind: "status", status: [401, 404, 400][random.integer(3)]! };
  }
}

/** A transport whose process is killed before or after a request, each with this chance. */
function mortal(transport: Transport, random: Random, chance: number): Transport {
  return {
    ...transport,
    async request(request) {
      if (random.next() < chance) throw new Killed();
      const reply = await transport.request(request);
      if (random.next() < chance) throw new Killed();
      return reply;
    },
  };
}

const id = "20260102-030405-abcd";
const settings = resolveSettings(
  { base_url: account.baseUrl, project: "p" },
  { env: { WANDB_API_KEY: testKey }, cwd: "/", home: "/", readText: () => undefined },
);
const options = optionsSchema.parse({ system_every: 0 });
const start: RunLogStart = { ...runLogStart, run: { ...runLogStart.run, id } };

/** A training process: writes each row to rows.jsonl, then to the log of W&B; both survive its end, however it comes. */
function training(dir: string, resumedFrom?: number) {
  const run = testRun(dir, resumedFrom === undefined ? {} : { resumedFrom });
  const record = json.setup(json.options.parse({}) as never, { info() {}, warn() {}, progress() {}, stop() {} });
  record.open(run);
  const earlier = readPointer(dir);
  const log = earlier?.log ?? makeLogFolder(dir, "online", runStart, id);
  if (earlier === undefined) writePointer(dir, { log, id });
  const runLog =
    resumedFrom === undefined
      ? RunLog.create(log, start, runLogOptions)
      : RunLog.resume(log, resumedFrom, start, runLogOptions);
  return {
    log,
    runLog,
    step(row: Row): void {
      record.write([row]);
      runLog.row(row);
    },
    /** SIGKILL closes what is open, and nothing else happens. */
    gone(): void {
      record.close({ state: "failed", step: 0, tokens: 0, time: 0 });
      runLog.close();
    },
  };
}

/** One run of a seeded schedule: trained in parts by processes that are killed, followed by streams that are, too, then synced. */
async function schedule(dir: string, seed: number) {
  const random = createRandom(seed, "fault schedule");
  const server = new FakeWandb();
  const clock = { time: runStart };
  const harm = random.next() * 0.7;
  const total = 5 + random.integer(45);
  const every = 1 + random.integer(15);
  const mayEnd = random.next() < 0.5; // at one of its kills, for good
  let fatal = 0;
  let away = random.next() < 0.2;
  let over = false;
  let tooEarly = false;
  server.fault = ({ operation, body }) => {
    // Whatever else happens: no run is shown as finished that is not, nor before it has every row.
    const run = server.runs.get(id);
    const ends = operation === "file_stream" && body.includes('"exitcode":0');
    tooEarly ||= (run?.exitcode === 0 || ends) && (!over || run?.history.filter(Boolean).length !== total);
    return away ? { kind: "reset", applied: false } : randomFault(random, harm);
  };
  const transport = (chance: number) => mortal(server.transport(clock), random, chance);
  const host = { info() {}, warn() {}, progress() {} };
  const sync = (state: StoredRun["state"], by: Transport) =>
    syncRun({ id, dir, state }, options, settings, host, by).catch((thrown: unknown) => {
      if (!(thrown instanceof Killed)) throw thrown;
      return undefined;
    });

  let process = training(dir);
  let live: Replay | undefined;
  let kills = 0;
  let state: StoredRun["state"] = "killed";
  for (let part = 0, step = 0; step < total; ) {
    step += 1;
    process.step(testRow(step, part));
    if (random.next() < 0.1) process.runLog.stats(runStart + step, { cpu: step });
    if (random.next() < 0.1) process.runLog.output("stdout", runStart + step, `step ${step}`);
    if (random.next() < 0.03) away = !away;
    if (random.next() < 0.03) await sync("running", transport(0.02));
    if (random.next() < 0.3) {
      live ??= new Replay(process.log, new Server(account, transport(0.02)));
      const patience = { until: clock.time + 60_000, attempts: 5 };
      live = await live.pass(patience).then(
        () => live,
        (thrown: unknown) => {
          if (thrown instanceof UploadError && thrown.kind === "unreachable") return live;
          if (!(thrown instanceof Killed || thrown instanceof UploadError)) throw thrown;
          live?.close();
          return undefined;
        },
      );
    }
    if (random.next() > 0.07 || kills >= 6) continue;
    // SIGKILL: the stream dies with the process; a last write may be torn by the machine going down with it.
    kills += 1;
    live?.close();
    live = undefined;
    process.gone();
    const torn = random.next() < 0.5 ? random.integer(40) : 0;
    truncateSync(process.log, statSync(process.log).size - torn);
    if (mayEnd && random.next() < 0.3) fatal = step;
    if (fatal > 0) break;
    step = Math.max(0, step - (step % every) - (torn > 0 && step % every === 0 ? every : 0));
    part += 1;
    process = training(dir, step);
  }
  live?.close();
  if (fatal === 0) {
    const ending = [0, 1, undefined][random.integer(3)];
    if (ending !== undefined) process.runLog.exit(ending, runStart + 1e6);
    process.gone();
    over = ending === 0;
    if (ending !== undefined) state = over ? "finished" : "failed";
  }

  // `experiment sync`, itself killed and refused, until the server is back and well.
  const reports: string[] = [];
  for (let attempt = 0; attempt < 6; attempt++) reports.push((await sync(state, transport(0.05)))?.state ?? "killed");
  away = false;
  server.fault = () => undefined;
  const last = await sync(state, server.transport(clock));
  const { rows } = await readRows(dir);
  return { server, last, rows, reports, total, fatal, state, kills, tooEarly };
}

const endings: Readonly<Record<string, number>> = { finished: 0, failed: 1, killed: 137 };

describe("200 seeded schedules of faults and SIGKILLs", () => {
  const dir = useTempDir();
  let kills = 0;
  let early = 0;

  for (let block = 0; block < 200; block += 25) {
    it(`leave the server, after a sync, with rows.jsonl row by row and the true end: seeds ${block} to ${block + 24}`, async () => {
      for (let seed = block; seed < block + 25; seed++) {
        const folder = join(dir(), String(seed));
        mkdirSync(folder);
        const { server, last, rows, reports, total, fatal, state, tooEarly, ...rest } = await schedule(folder, seed);
        kills += rest.kills;
        early += reports.includes("complete") ? 1 : 0;
        const wanted = rows.map(({ step, tokens, time, metrics }) => {
          return { ...metrics, tokens, _step: step, _timestamp: time / 1000, _runtime: (time - runStart) / 1000 };
        });
        expect(
          rows.map(({ step }) => step),
          `seed ${seed}`,
        ).to.deep.equal(Array.from({ length: fatal || total }, (_, i) => i + 1));
        const [real, emptied] = split(historyOf(server, id));
        expect(real, `seed ${seed}`).to.deep.equal(wanted);
        // Only a run that never came as far again leaves places behind, and these say so by a step alone.
        if (fatal === 0) expect(emptied, `seed ${seed}`).to.deep.equal([]);
        expect(tooEarly, `seed ${seed}: shown as finished before it was`).to.equal(false);
        expect(server.run(id).exitcode, `seed ${seed}`).to.equal(endings[state]);
        expect(last?.state, `seed ${seed}: ${last?.message}`).to.equal(
          reports.includes("complete") ? "nothing" : "complete",
        );
      }
    });
  }

  it("had kills among them, and servers that were well again only at the end", () => {
    expect(kills).to.be.above(150);
    expect(early).to.be.within(50, 199);
  });
});

/** The rows, and the ones behind them that hold a step and no metric. */
function split(history: unknown[]): [unknown[], unknown[]] {
  const empty = history.findIndex((row) => Object.keys(row ?? {}).every((name) => name.startsWith("_")));
  return empty < 0 ? [history, []] : [history.slice(0, empty), history.slice(empty)];
}
