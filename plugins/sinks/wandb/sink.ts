/** The sink itself, given what holds for its run. */

import type { Outcome, Run } from "../../../core/contract/run.ts";
import type { SinkHost, SinkInstance } from "../../../core/contract/sink.ts";
import { ExperimentError, ioFailed } from "../../../core/errors/errors.ts";
import { createSystemMonitor, type SystemMonitor, type SystemSample } from "../../../core/record/system-monitor.ts";
import { addPresets } from "./charts/charts.ts";
import { addPictures } from "./charts/pictures.ts";
import { exitCodeOf } from "./exit-code.ts";
import { networkThrough } from "./http/transport.ts";
import { startOf } from "./identity.ts";
import { checkpointArtifacts, checkpointFiles } from "./log/checkpoint-files.ts";
import { checkKeys } from "./log/keys.ts";
import { makeLogFolder, readPointer, writePointer } from "./log/layout.ts";
import { noProgress, writeProgress } from "./log/progress.ts";
import { RunLog, type RunLogStart } from "./log/run-log.ts";
import { accountOf } from "./login/account.ts";
import { runLogOptionsOf, type WandbOptions } from "./login/options.ts";
import type { Settings } from "./login/settings.ts";
import { isRunId } from "./login/validation.ts";
import { fillUpTo } from "./mend.ts";
import { type LiveStream, startLive } from "./upload/live.ts";
import { checkResume, forgetUnfinished, lastUnfinished, noteUnfinished } from "./upload/resume.ts";
import { omissionsOf, remedyFor, runUrl, upload } from "./upload/upload.ts";

/** How long a stream may take to send what is under way at the end, ms. */
const streamEnd = 2_000;
/** The longest that someone who pressed Ctrl-C waits for the network, ms. */
const interruptedEnd = 15_000;

/** A sink that writes the log of a run, and in mode `online` has it streamed and brought up to date at the end. */
export function createWandbSink(options: WandbOptions, settings: Settings, host: SinkHost): SinkInstance {
  let runLog: RunLog | undefined;
  let live: LiveStream | undefined;
  let system: SystemMonitor | undefined;
  let opened: Run | undefined;
  let omissionTold = false;
  let idsTold = false;

  return {
    async open(run) {
      if (settings.mode === "disabled") {
        // Whoever wrote it beside the sink knows; a variable or a settings file may be forgotten.
        if (options.mode !== "disabled") host.info("W&B: disabled, so that nothing is logged for it.");
        return;
      }
      checkKeys(run);
      if (settings.hint !== undefined) host.info(settings.hint);
      if (run.fork !== undefined && (settings.id ?? settings.name) !== undefined) {
        host.info("W&B: a fork is a run of its own: `id` and `name` are left aside.");
      }
      opened = run;
      const start = startFor(run, settings);
      const account = accountOf(settings);
      const online = settings.mode === "online" && account !== undefined;
      if (online && run.resumedFrom === undefined) await checkResume(settings.resume, start.run, account);
      try {
        runLog = openRunLog(run, start, options, settings);
      } catch (thrown) {
        if (thrown instanceof ExperimentError) throw thrown;
        throw ioFailed(settings.dir ?? run.dir, "write the W&B log", thrown);
      }
      if (run.resumedFrom !== undefined) {
        const missing = await fillUpTo(runLog, run.dir, run.fork?.step ?? 0, run.resumedFrom);
        if (missing > 0)
          host.warn(`W&B: ${missing} rows before step ${run.resumedFrom} are neither in the log nor in rows.jsonl.`);
      }
      if (runLog.damage !== undefined) host.warn(`W&B: ${runLog.damage} It is kept as ${runLog.path}.damaged.`);
      if (options.system_every > 0) system = createSystemMonitor(Date.now(), options.system_every * 1000);
      if (settings.mode === "offline") host.info(`W&B: logging offline to ${runLog.path}.`);
      else live = stream(runLog.path, run, settings, host, () => runLog !== undefined);
    },
    write(rows) {
      if (runLog === undefined) return;
      for (const row of rows) {
        runLog.row(row);
        const values = system?.sample(row.time);
        if (values !== undefined) runLog.stats(row.time, statsOf(values));
      }
      if (runLog.omittedIds !== undefined && !idsTold) {
        idsTold = true;
        host.info(`W&B: ${runLog.omittedIds} holds token ids, which make no histogram: it and its like are left out.`);
      }
      if (runLog.omittedHistograms === 0 || omissionTold) return;
      omissionTold = true;
      host.warn("W&B: a row has more histograms than one request takes; some are left out. Lower `bins`.");
    },
    output({ stream, time, text }) {
      if (options.console) runLog?.output(stream, time, text);
    },
    async close(outcome) {
      if (runLog === undefined || opened === undefined) return;
      const finished = runLog;
      runLog = undefined;
      if (options.charts) await addPictures(finished, addPresets(finished, opened.charts, host), host);
      await addCheckpoints(finished, opened, options);
      finished.exit(exitCodeOf(outcome.state), outcome.time);
      finished.close();
      if (settings.resume === "auto" && outcome.state === "finished") forgetUnfinished(settings.resumeFile);
      const { path, rows } = finished;
      await live?.stop(streamEnd);
      if (live !== undefined) await settle({ path, rows }, opened.id, settings, options, outcome, host);
      else host.info(`W&B: the run is in ${path}. ${remedyFor(opened.id, path)}`);
    },
  };
}

/** System metrics under the names that W&B's System section knows. */
function statsOf(sample: SystemSample): Readonly<Record<string, number>> {
  return {
    cpu: sample.cpu_percent,
    "proc.cpu.percent": sample.process_cpu_percent,
    memory_percent: sample.memory_percent,
    "proc.memory.rssMB": sample.process_memory_mb,
    "proc.memory.percent": sample.process_memory_percent,
    "proc.memory.availableMB": sample.available_memory_mb,
  };
}

/** The run's first records; with `resume: auto` those of the last run that did not finish, if there is one. */
function startFor(run: Run, settings: Settings): RunLogStart {
  const fresh = run.resumedFrom === undefined && run.fork === undefined;
  const auto = settings.resume === "auto" && settings.id === undefined && fresh;
  const start = startOf(run, settings);
  const id = auto ? lastUnfinished(settings.resumeFile) : undefined;
  return id === undefined || !isRunId(id) ? start : { ...start, run: { ...start.run, id } };
}

/** Goes on with the log that the run directory points to, or begins one. */
function openRunLog(run: Run, start: RunLogStart, options: WandbOptions, settings: Settings): RunLog {
  const runLogOptions = runLogOptionsOf(options, run);
  const earlier = run.resumedFrom === undefined ? undefined : readPointer(run.dir, { dir: settings.dir });
  if (earlier !== undefined && run.resumedFrom !== undefined) {
    const resumed = { ...start, run: { ...start.run, id: earlier.id } };
    return RunLog.resume(earlier.log, run.resumedFrom, resumed, runLogOptions);
  }
  const mode = settings.mode === "online" ? "online" : "offline";
  const log = makeLogFolder(settings.dir ?? run.dir, mode, run.startedAt, start.run.id);
  writePointer(run.dir, { log, id: start.run.id });
  if (settings.resume !== undefined) writeProgress(log, { ...noProgress("", 0), resume: settings.resume });
  if (settings.resume === "auto") noteUnfinished(settings.resumeFile, start.run.id);
  return RunLog.create(log, start, runLogOptions);
}

function stream(
  log: string,
  run: Run,
  settings: Settings,
  host: SinkHost,
  isOpen: () => boolean,
): LiveStream | undefined {
  const account = accountOf(settings);
  if (account === undefined) return undefined;
  return startLive(
    log,
    account,
    {
      onRun: (found) => host.info(`W&B: view the run at ${runUrl(settings.appUrl, found)}`),
      onWarning: (reason, goesOn) => {
        const what = goesOn ? `streaming waits: ${reason}. It tries again` : `streaming failed: ${reason}`;
        host.warn(`W&B: ${what}. Training goes on; rows are kept in ${log}.`);
      },
      onStop: () => {
        if (isOpen()) host.stop("stopped from W&B's page");
      },
    },
    { resumed: run.resumedFrom !== undefined },
  );
}

/** Names the run's checkpoints in the log, as files or as artifacts, where that is asked for. */
async function addCheckpoints(runLog: RunLog, run: Run, { checkpoints }: WandbOptions): Promise<void> {
  if (checkpoints === true || checkpoints === "files") {
    runLog.files(checkpointFiles(run.dir, runLog.path), "other");
  } else if (checkpoints === "artifacts") {
    for (const version of await checkpointArtifacts(run.dir, runLog.path, runLog.run.id)) runLog.artifact(version);
  }
}

/** Brings the server up to the log, and says how that went. */
async function settle(
  { path: log, rows }: { readonly path: string; readonly rows: number },
  runId: string,
  settings: Settings,
  options: WandbOptions,
  outcome: Outcome,
  host: SinkHost,
): Promise<void> {
  const limit = outcome.state === "interrupted" ? interruptedEnd : Number.POSITIVE_INFINITY;
  const account = accountOf(settings);
  if (account === undefined) return;
  const transport = networkThrough(account.proxies);
  const patience = { until: transport.now() + Math.min(limit, options.finish_timeout * 1000), attempts: 1000 };
  const onProgress = (done: number) => host.progress(done, rows);
  const done = await upload({ log, account, transport, patience, codeOf: (logged) => logged, onProgress });
  if (done.complete) {
    const run = { entity: done.entity ?? "", project: done.project ?? "", id: done.id ?? "" };
    host.info(
      `W&B: all ${done.rows} rows are at ${runUrl(settings.appUrl, run)} (${outcome.state}).${omissionsOf(done)}`,
    );
  } else {
    const reason = done.reason ?? "the log has no end";
    host.warn(
      `W&B: ${done.rows} rows are on the server; ${reason}. All rows are safe in ${log}. ${remedyFor(runId, log)}`,
    );
  }
}
