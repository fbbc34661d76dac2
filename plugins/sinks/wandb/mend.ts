import type { Run } from "../../../core/contract/run.ts";
import type { Notices, StoredRun } from "../../../core/contract/sink.ts";
import { reasonOf } from "../../../core/errors/errors.ts";
import { openArrays, type StoredArrays } from "../../../core/record/arrays.ts";
import { readRowBatches } from "../../../core/record/reader.ts";
import { readRunFile } from "../../../core/record/run-file.ts";
import { clientVersion, startOf } from "./identity.ts";
import { decode } from "./log/decode.ts";
import { LogReader } from "./log/reader.ts";
import type { RunIdentity } from "./log/records.ts";
import { RunLog, type RunLogStart } from "./log/run-log.ts";
import { runLogOptionsOf, type WandbOptions } from "./login/options.ts";
import type { Settings } from "./login/settings.ts";

/** What a log holds, as far as it can be read. */
interface Content {
  rows: number;
  /** Up to the end of the last whole record. */
  bytes: number;
  lastStep: number;
  startedAt: number | undefined;
  exitCode: number | undefined;
  damage: string | undefined;
}

/**
 * Gives a log the rows at the end that only the run's rows.jsonl has: a kill may have come between the two, a disk may have
 * been full for one, the log may be damaged. Leaves the log of a living run alone. Returns what it holds then.
 */
export async function mend(
  run: StoredRun,
  log: string,
  options: WandbOptions,
  settings: Settings,
  notices: Notices,
): Promise<Content> {
  const found = contentOf(log);
  if (run.state === "running") return found;
  let runLog: RunLog | undefined;
  let arrays: StoredArrays | undefined;
  let added = 0;
  let time = 0;
  try {
    for await (const batch of readRowBatches(run.dir)) {
      for (const row of batch) {
        if (row.step <= found.lastStep && found.damage === undefined) continue;
        runLog ??= opened(run, log, found, options, settings);
        if (runLog === undefined) return found;
        if (row.step <= found.lastStep) continue;
        arrays ??= arraysIn(run.dir);
        runLog.row({ ...row, arrays: arraysOf(arrays, row.step) });
        added += 1;
        time = row.time;
      }
    }
    if (runLog !== undefined && found.exitCode !== undefined) runLog.exit(found.exitCode, time);
  } finally {
    runLog?.close();
  }
  if (added > 0) notices.info(`W&B: ${run.id}: took ${added} rows over from rows.jsonl that the log lacked.`);
  return runLog === undefined ? found : contentOf(log);
}

/**
 * Gives the log of a run that goes on behind `step` the rows up to there that only rows.jsonl has: a loss of power may have taken
 * them from the log and left a later checkpoint. `from` is the step before the run's first. Returns how many rows are nowhere.
 */
export async function fillUpTo(runLog: RunLog, dir: string, from: number, step: number): Promise<number> {
  if (runLog.lastStep >= step) return 0;
  let missing = step - Math.max(from, runLog.lastStep);
  const arrays = arraysIn(dir);
  for await (const batch of readRowBatches(dir)) {
    for (const row of batch) {
      if (row.step <= runLog.lastStep || row.step > step) continue;
      runLog.row({ ...row, arrays: arraysOf(arrays, row.step) });
      missing -= 1;
    }
  }
  return missing;
}

function contentOf(log: string): Content {
  const found: Content = {
    ...{ rows: 0, bytes: 0, lastStep: -1 },
    ...{ startedAt: undefined, exitCode: undefined, damage: undefined },
  };
  const reader = new LogReader(log);
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const one = decode(next.payload);
      if (one.type === "run") found.startedAt ??= one.run.startedAt;
      if (one.type === "exit") found.exitCode = one.code;
      if (one.type !== "history") continue;
      found.rows += 1;
      found.lastStep = one.step;
    }
  } catch (thrown) {
    found.damage = reasonOf(thrown);
  } finally {
    found.bytes = reader.position;
    reader.close();
  }
  return found;
}

/** The log, open to go on with. Where its very beginning is lost, run.json says what run it is of. */
function opened(
  run: StoredRun,
  log: string,
  found: Content,
  options: WandbOptions,
  settings: Settings,
): RunLog | undefined {
  const start = found.startedAt === undefined ? startFromRunFile(run.dir, settings) : unneeded(run.id, found.startedAt);
  if (start === undefined) return undefined;
  const { startedAt } = start.run;
  return RunLog.resume(
    log,
    found.lastStep,
    start,
    runLogOptionsOf(options, { startedAt, metrics: metricsIn(run.dir) }),
  );
}

/** The metrics that run.json declares; none where it cannot be read, and rows are still worth sending. */
function metricsIn(dir: string): Run["metrics"] {
  try {
    return readRunFile(dir).metrics;
  } catch {
    return [];
  }
}

function startFromRunFile(dir: string, settings: Settings): RunLogStart | undefined {
  try {
    const file = readRunFile(dir);
    return startOf({ ...file, dir, startedAt: file.createdAt }, settings);
  } catch {
    return undefined;
  }
}

/** The log has its first record already; what goes on needs only the time that runtimes count from. */
function unneeded(id: string, startedAt: number): RunLogStart {
  const nothing = {
    entity: "",
    project: "",
    group: "",
    jobType: "",
    sweepId: "",
    name: "",
    notes: "",
    tags: [],
    host: "",
  };
  return { run: { id, startedAt, ...nothing }, config: {}, version: clientVersion, cpus: 0 };
}

function arraysIn(dir: string): StoredArrays | undefined {
  try {
    return openArrays(dir);
  } catch {
    return undefined; // the numbers are still worth sending
  }
}

function arraysOf(arrays: StoredArrays | undefined, step: number) {
  try {
    return arrays?.read(step) ?? {};
  } catch {
    return {};
  }
}

/** The run that a log names; undefined where it names none, or its beginning cannot be read. */
export function runIn(log: string): RunIdentity | undefined {
  const reader = new LogReader(log);
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const one = decode(next.payload);
      if (one.type === "run") return one.run;
    }
  } catch {
    // What is damaged is told by whoever reads it to the end.
  } finally {
    reader.close();
  }
  return undefined;
}
