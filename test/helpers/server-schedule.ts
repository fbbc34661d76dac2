/**
 * Seeded schedules of what goes wrong between a run and its W&B server: faults of the network and the server, processes that are
 * killed, a server that loses what it took. In one process, in time that only the clock of the schedule moves.
 */
import { statSync, truncateSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { createRandom, type Random } from "../../core/arrays/random.ts";
import type { Row, StoredRun, Synced } from "../../core/contract/sink.ts";
import { readRows } from "../../core/record/reader.ts";
import { json } from "../../plugins/sinks/json.ts";
import { exitCodeOf } from "../../plugins/sinks/wandb/exit-code.ts";
import { UploadError } from "../../plugins/sinks/wandb/http/retry.ts";
import type { Transport } from "../../plugins/sinks/wandb/http/transport.ts";
import { makeLogFolder, readPointer, writePointer } from "../../plugins/sinks/wandb/log/layout.ts";
import { RunLog, type RunLogStart } from "../../plugins/sinks/wandb/log/run-log.ts";
import { optionsSchema } from "../../plugins/sinks/wandb/login/options.ts";
import { resolveSettings } from "../../plugins/sinks/wandb/login/settings.ts";
import { syncRun } from "../../plugins/sinks/wandb/sync.ts";
import { Replay } from "../../plugins/sinks/wandb/upload/replay.ts";
import { Server } from "../../plugins/sinks/wandb/upload/server.ts";
import { type FakeRequest, FakeWandb, type Fault } from "./fake-wandb.ts";
import { runStart, testRow, testRun } from "./rows.ts";
import { account, historyOf, runLogOptions, runLogStart, testKey } from "./wandb-run.ts";

/** A process that is gone from one request to the next, at the moment that only its transport sees. */
class Killed extends Error {}

/** Answers with status 200 that W&B's server does not give, and that acknowledge nothing. */
const undocumented = [
  '{"errors":[{"message":"busy"}]}',
  '{"errors":"busy"}',
  '{"error":"busy"}',
  "[]",
  "null",
  '"ok"',
  "",
];

/** The fault of one request; `harm` is the share of requests that something happens to. */
function randomFault(random: Random, harm: number): Fault | undefined {
  if (random.next() > harm) return undefined;
  const applied = random.next() < 0.5;
  switch (random.integer(8)) {
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
    case 6:
      return { kind: "undocumented", text: undocumented[random.integer(undocumented.length)]!, applied };
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

/** What came of a schedule. */
export interface Verdict {
  /** Steps that are not on the server, each as rows.jsonl has it, once it was well again and a sync had said that all is there. */
  readonly lost: readonly number[];
  /** Rows with metrics that are there beyond those. */
  readonly doubled: number;
  /** What was said or shown and did not hold. */
  readonly untrue: readonly string[];
  readonly kills: number;
  /** Syncs that said truthfully that they could not. */
  readonly refused: number;
  /** Whether a sync had said that all is there before the server was well again. */
  readonly early: boolean;
  /** Lines that the server lost after it had taken them. */
  readonly forgotten: number;
}

/** What happens to a server beside what happens to requests. */
export interface ScheduleOptions {
  /** It also loses lines that it took, before or after it has said so. */
  readonly forgetting?: boolean;
}

/**
 * One run: trained in parts by processes that are killed, followed by streams that are, too, then synced until the server is well
 * again, and once more. What a sync says is held against the server at that moment.
 */
export async function serverSchedule(
  dir: string,
  seed: number,
  { forgetting = false }: ScheduleOptions = {},
): Promise<Verdict> {
  const random = createRandom(seed, "fault schedule");
  const server = new FakeWandb();
  const clock = { time: runStart };
  const harm = random.next() * 0.7;
  const total = 5 + random.integer(45);
  const every = 1 + random.integer(15);
  const mayEnd = random.next() < 0.5; // at one of its kills, for good
  const forgetful = forgetting ? random.next() * 0.3 : 0;
  const untrue: string[] = [];
  let forgotten = 0;
  let fatal = 0;
  let away = random.next() < 0.2;
  let over = false;
  const whole = () => server.runs.get(id)?.history.filter(Boolean).length === total;
  server.fault = (request) => {
    // Whatever else happens: no run is shown as finished that is not, nor before it has every row.
    const says = (one?: FakeRequest) => one?.operation === "file_stream" && one.body.includes('"exitcode":0');
    // What is lost between two attempts at one request is seen after it.
    const ends = says(request) && !(forgetting && says(server.requests.at(-2)));
    if (ends && !(over && whole())) untrue.push("finished before it was");
    if (!forgetting && server.runs.get(id)?.exitcode === 0 && !(over && whole())) untrue.push("shown as finished");
    if (away) return { kind: "reset", applied: false };
    if (random.next() < forgetful) {
      if (random.next() < 0.5) return { kind: "forgotten" };
      forgotten += forget(server, random);
    }
    return randomFault(random, harm);
  };
  const transport = (chance: number) => mortal(server.transport(clock), random, chance);
  const host = { info() {}, warn() {}, progress() {} };
  let state: StoredRun["state"] = "killed";
  const sync = async (as: StoredRun["state"], by: Transport): Promise<Synced["state"] | "gone"> => {
    try {
      const said = await syncRun({ id, dir, state: as }, options, settings, host, by);
      const { lost, doubled, exitCode } = await compared(server, dir, fatal > 0);
      // Nothing that is said of a living run, or while the server goes on forgetting what it had, is said for good.
      const all = said.state === "complete" || (said.state === "nothing" && !forgetting);
      if (all && (lost.length > 0 || doubled > 0)) untrue.push(`${said.message} (lost ${lost}, doubled ${doubled})`);
      if (all && as !== "running" && exitCode !== exitCodeOf(as))
        untrue.push(`exit code ${exitCode} of a run that is ${as}`);
      return said.state;
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
      return "gone";
    }
  };

  let process = training(dir);
  let live: Replay | undefined;
  let kills = 0;
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
  const said: string[] = [];
  for (let attempt = 0; attempt < 6; attempt++) said.push(await sync(state, transport(0.05)));
  away = false;
  server.fault = () => undefined;
  const last = await sync(state, server.transport(clock));
  const early = said.includes("complete");
  if (last !== (early ? "nothing" : "complete")) untrue.push(`the last sync: ${last}`);
  const { lost, doubled } = await compared(server, dir, fatal > 0);
  const rows = (await readRows(dir)).rows.length;
  if (rows !== (fatal || total)) untrue.push(`${rows} rows on disk of ${fatal || total}`);
  return { lost, doubled, untrue, kills, refused: said.filter((one) => one === "partial").length, early, forgotten };
}

/** Loses some of the lines that a server holds; returns how many. */
function forget(server: FakeWandb, random: Random): number {
  const history = server.runs.get(id)?.history ?? [];
  const from = random.integer(history.length + 1);
  const end = Math.min(history.length, from + 1 + random.integer(20));
  let count = 0;
  for (let i = from; i < end; i++) {
    if (history[i] !== undefined) count += 1;
    history[i] = undefined;
  }
  return count;
}

/** What is on the server now beside what rows.jsonl says. */
async function compared(server: FakeWandb, dir: string, cutShort: boolean) {
  const wanted = (await readRows(dir)).rows.map(({ step, tokens, time, metrics }) => {
    return { ...metrics, tokens, _step: step, _timestamp: time / 1000, _runtime: (time - runStart) / 1000 };
  });
  const history = server.runs.has(id) ? (historyOf(server, id) as (Record<string, unknown> | undefined)[]) : [];
  const lost = wanted.flatMap((row, i) => (isDeepStrictEqual(history[i], row) ? [] : [row._step]));
  // Only a run that never came as far again leaves places behind, and these say so by a step alone.
  const behind = history.slice(wanted.length);
  const doubled = behind.filter((row) => !cutShort || Object.keys(row ?? {}).join() !== "_step").length;
  return { lost, doubled, exitCode: server.runs.get(id)?.exitcode };
}
