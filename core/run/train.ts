/** One run from config to outcome: opens it, trains, and closes everything whatever happened. */
import { discardCheckpointsAfter } from "../checkpoint/folder.ts";
import { givenConfig } from "../config/given.ts";
import type { Outcome } from "../contract/run.ts";
import { ExperimentError, reasonOf } from "../errors/errors.ts";
import { endRun } from "../host/analyzers.ts";
import { headlineOf } from "../host/metrics.ts";
import { trainSteps } from "./loop.ts";
import type { Observer } from "./observer.ts";
import { momentOf } from "./progress.ts";
import { saveTraining, writeEvent } from "./record-step.ts";
import type { GivenRequest, RunRequest } from "./request.ts";
import { openTraining, type Training } from "./training.ts";

/** What a caller gets back from a run that ended without an error. */
export interface TrainResult {
  readonly id: string;
  /** The run directory, absolute. */
  readonly dir: string;
  readonly outcome: Outcome;
  /** The last value of every metric. */
  readonly last: Readonly<Record<string, number>>;
  /** Metrics that the analyzers put first, one value for each layer: keys without the layer. */
  readonly headline: readonly string[];
  /** What failed without stopping the run: sinks (`sink json`), and analyzers in `onRunEnd`. */
  readonly failedPlugins: readonly string[];
  /** Rows that sinks threw away, by sink. */
  readonly lostRows: Readonly<Record<string, number>>;
  /** Host time spent in each analyzer, ms. */
  readonly hostMs: Readonly<Record<string, number>>;
}

/**
 * Trains as the config says. `signal` asks for a stop, and so may a sink: the step in hand is finished and a checkpoint saved,
 * and the result's outcome is `interrupted`. Throws ExperimentError; every sink that was opened is closed by then, told how the run ended.
 */
export async function train(
  given: RunRequest | GivenRequest,
  signal: AbortSignal = new AbortController().signal,
  observer: Observer = {},
): Promise<TrainResult> {
  const request = "config" in given ? { ...given, loaded: givenConfig(given.config, given.baseDir) } : given;
  const training = await openTraining(request, observer);
  const { run, open, analyzers, sinks, notices, progress } = training;
  const stopping = AbortSignal.any([signal, training.stopAsked]);
  let failure: unknown;
  try {
    await begin(training, request.fork !== undefined);
    for (const note of request.notes ?? []) notices.warn(note);
    observer.started?.(run, open.engine.device);
    await trainSteps(training, stopping, observer);
  } catch (thrown) {
    failure = thrown;
  }
  // A run that is another process's now gets nothing more from this one: no row, no end, no outcome.
  if (isTaken(failure)) {
    await release(training);
    throw failure;
  }
  const outcome = outcomeOf(training, failure, stopping);
  const unended = await endRun(analyzers, outcome);
  for (const error of unended) notices.warn(error.message);
  await close(training, outcome).catch((thrown: unknown) => {
    if (failure === undefined) failure = thrown;
    else observer.warning?.(reasonOf(thrown));
  });
  observer.ended?.();
  if (failure !== undefined) throw failure;
  const failedSinks = sinks.filter((sink) => sink.failed).map((sink) => `sink ${sink.name}`);
  return {
    id: run.id,
    dir: run.dir,
    outcome,
    last: progress.latest,
    headline: analyzers.flatMap(({ plugin }) => headlineOf(plugin)),
    failedPlugins: [...failedSinks, ...unended.map(({ plugin }) => plugin)],
    lostRows: Object.fromEntries(sinks.map((sink) => [sink.name, sink.lostRows])),
    hostMs: Object.fromEntries(analyzers.map(({ plugin, hostMs }) => [plugin.name, hostMs])),
  };
}

/** Opens the sinks; one that cannot open stops the run. A fork saves what it begins with. */
async function begin(training: Training, forks: boolean): Promise<void> {
  const { run, sinks, progress } = training;
  for (const sink of sinks) await sink.open(run);
  if (forks) await saveTraining(training, momentOf(run, progress.step, training.clock()));
  if (run.resumedFrom === undefined) return;
  discardCheckpointsAfter(run.dir, progress.step);
  const at = momentOf(run, progress.step, training.clock());
  await writeEvent(training, { ...at, source: "run", kind: "resume", data: { step: progress.step } });
}

function outcomeOf({ run, progress, clock }: Training, failure: unknown, signal: AbortSignal): Outcome {
  const reached = momentOf(run, progress.step, clock());
  if (failure !== undefined) return { state: "failed", ...reached, reason: reasonOf(failure).replace(/\s+/g, " ") };
  if (progress.step >= run.steps) return { state: "finished", ...reached };
  return { state: "interrupted", ...reached, reason: String(signal.reason ?? "asked to stop") };
}

/**
 * Closes sinks first, so that the outcome in run.json means that they have had it too; the last one first, so that warnings
 * of the later ones reach the earlier.
 */
async function close(training: Training, outcome: Outcome): Promise<void> {
  for (const sink of training.sinks.toReversed()) await sink.close(outcome);
  try {
    await release(training);
  } finally {
    training.entry.finish(outcome);
  }
}

async function release({ steps, looks, open, state }: Training): Promise<void> {
  steps.dispose();
  looks.dispose();
  open.engine.release(state);
  await open.close();
}

function isTaken(failure: unknown): boolean {
  return failure instanceof ExperimentError && failure.code === "run.taken";
}
