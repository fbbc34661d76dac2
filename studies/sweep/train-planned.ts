/** One run of a sweep, from wherever it stands to its end. */
import path from "node:path";
import type { EndState } from "../../core/contract/executor.ts";
import { ExperimentError, reasonOf } from "../../core/errors/errors.ts";
import { type PluginTable, resolvePlugin } from "../../core/host/registry.ts";
import type { Observer } from "../../core/run/observer.ts";
import { type RunRequest, resumeRequest } from "../../core/run/request.ts";
import { train } from "../../core/run/train.ts";
import type { Workshop } from "../../core/run/workshop.ts";
import { forkFrom } from "../fork.ts";
import { forgetFailure, isUndelivered, noteFailure, readFailures, undeliveredReason } from "./failures.ts";
import { groupOf } from "./settings.ts";
import type { OpenSweep } from "./snapshot.ts";
import { stateIn } from "./states.ts";

/** How a run is trained, beside what the sweep says of it. */
export interface PlannedOptions {
  readonly plugins: PluginTable;
  readonly signal: AbortSignal;
  readonly observer?: Observer;
  /** What the runs of this process share. */
  readonly workshop?: Workshop;
  /** CPU threads where the config leaves them to the engine. */
  readonly threads?: number;
  readonly drawCharts?: RunRequest["drawCharts"];
}

/** What came of it. `busy`: another process has it. */
export interface PlannedEnd {
  readonly state: EndState | "busy";
  readonly reason?: string;
  /** It had finished before. */
  readonly already?: true;
}

/** Trains the run with this index: begins it, or goes on with what is there. Throws only what is no fault of the run. */
export async function trainPlanned(sweep: OpenSweep, index: number, options: PlannedOptions): Promise<PlannedEnd> {
  const { signal, observer } = options;
  const id = sweep.runs[index]?.id ?? "";
  let begun = false;
  try {
    const request = await requestFor(sweep, index, options);
    if (request === "finished") return endedBefore(sweep, id);
    const started: Observer["started"] = (...given) => {
      begun = true;
      forgetFailure(sweep.folder, id);
      observer?.started?.(...given);
    };
    const { outcome, lostRows, failedPlugins } = await train(request, signal, { ...observer, started });
    const lost = Object.entries(lostRows).filter(([, rows]) => rows > 0);
    const faults = [
      ...lost.map(([sink, rows]) => `sink ${sink} lost ${rows} ${rows === 1 ? "row" : "rows"}`),
      ...failedPlugins.map((name) => `${name} failed`),
    ];
    if (outcome.state !== "finished" || faults.length === 0) return ended(outcome.state, outcome.reason);
    const sendable = await canAllSync(failedPlugins, request);
    const reason = sendable
      ? undeliveredReason(id, faults.join(", "))
      : `${faults.join(", ")}. It can only be trained anew: experiment rm ${id}, then start the sweep`;
    noteFailure(sweep.folder, id, reason);
    return ended(sendable ? "finished" : "failed", reason);
  } catch (thrown) {
    if (thrown instanceof ExperimentError && thrown.code === "run.inUse")
      return { state: "busy", reason: thrown.message };
    const run = sweep.runs[index];
    if (run === undefined || (!begun && thrown instanceof ExperimentError && thrown.code === "usage")) throw thrown;
    const { state } = stateIn(run, path.join(sweep.root, id));
    if (state === "finished") return { state: "finished", already: true }; // by another process, between the look at it and its lock
    // A disk that is full does not take the outcome either.
    if (!begun || state !== "failed") noteFailure(sweep.folder, id, reasonOf(thrown));
    return ended("failed", reasonOf(thrown));
  }
}

/** A run that had finished; what was amiss then still is. */
function endedBefore(sweep: OpenSweep, id: string): PlannedEnd {
  const reason = readFailures(sweep.folder).get(id);
  if (reason === undefined || isUndelivered(reason)) return { state: "finished", already: true };
  return ended("failed", reason);
}

/** Whether all that failed are sinks that can take a run's rows from its directory later. */
async function canAllSync(failed: readonly string[], { plugins, loaded }: RunRequest): Promise<boolean> {
  const sinks = failed.map((name) => /^sink (.+)$/.exec(name)?.[1]);
  for (const name of sinks) {
    if (name === undefined) return false;
    const { plugin } = await resolvePlugin("sink", name, plugins, loaded.baseDir);
    if (plugin.sync === undefined) return false;
  }
  return true;
}

function ended(state: EndState, reason: string | undefined): PlannedEnd {
  return { state, ...(reason !== undefined && { reason: reason.replace(/\s+/g, " ") }) };
}

async function requestFor(sweep: OpenSweep, index: number, options: PlannedOptions): Promise<RunRequest | "finished"> {
  const { plugins, workshop, drawCharts, threads = 0 } = options;
  const loaded = await sweep.load(index);
  const { id, settings, fork } = sweep.runs[index]!;
  const { name, keys } = sweep;
  const shared = { ...(workshop && { workshop }), ...(drawCharts && { drawCharts }) };
  const { state, steps } = stateIn(sweep.runs[index]!, path.join(sweep.root, id));
  if (state === "finished") return "finished";
  if (steps !== undefined) {
    const asked = { present: loaded, acceptChangedCorpus: fork?.acceptChangedCorpus === true };
    return { ...(await resumeRequest(sweep.root, id, plugins, asked)), ...shared };
  }
  const engine = { ...loaded.config.engine, threads: loaded.config.engine.threads || threads };
  const request = { loaded: { ...loaded, config: Object.freeze({ ...loaded.config, engine }) }, plugins, ...shared };
  if (fork !== undefined) return { ...request, planned: { id }, ...forkFrom(fork) };
  return { ...request, planned: { id, sweep: { name, settings, group: groupOf(settings, keys) } } };
}
