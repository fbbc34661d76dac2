/** One run from config to outcome: opens a session, trains, and closes everything whatever happened. */
import { discardCheckpointsAfter } from "../checkpoint/folder.ts";
import type { Outcome } from "../contract/run.ts";
import { reasonOf } from "../errors/errors.ts";
import { endRun } from "../host/analyzers.ts";
import { headlineOf } from "../host/metrics.ts";
import { trainSteps } from "./loop.ts";
import type { Observer } from "./observer.ts";
import { openSession, type Session, type SessionRequest } from "./open.ts";
import { saveSession, writeEvent } from "./record-step.ts";

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
  request: SessionRequest,
  signal: AbortSignal = new AbortController().signal,
  observer: Observer = {},
): Promise<TrainResult> {
  const session = await openSession(request, observer);
  const { run, engine } = session;
  const stopping = AbortSignal.any([signal, session.stopAsked]);
  let failure: unknown;
  try {
    await begin(session, request.fork !== undefined);
    for (const note of request.notes ?? []) session.warn(note);
    observer.started?.(run, engine.device);
    await trainSteps(session, stopping, observer);
  } catch (thrown) {
    failure = thrown;
  }
  const outcome = outcomeOf(session, failure, stopping);
  const unended = await endRun(session.analyzers, outcome);
  for (const error of unended) session.warn(error.message);
  await close(session, outcome).catch((thrown: unknown) => {
    if (failure === undefined) failure = thrown;
    else observer.warning?.(reasonOf(thrown));
  });
  observer.ended?.();
  if (failure !== undefined) throw failure;
  const failedSinks = session.sinks.filter((sink) => sink.failed).map((sink) => `sink ${sink.name}`);
  return {
    id: run.id,
    dir: run.dir,
    outcome,
    last: session.lastValues,
    headline: session.analyzers.flatMap(({ plugin }) => headlineOf(plugin)),
    failedPlugins: [...failedSinks, ...unended.map(({ plugin }) => plugin)],
    lostRows: Object.fromEntries(session.sinks.map((sink) => [sink.name, sink.lostRows])),
    hostMs: Object.fromEntries(session.analyzers.map(({ plugin, hostMs }) => [plugin.name, hostMs])),
  };
}

/** Opens the sinks; one that cannot open stops the run. A fork saves what it begins with. */
async function begin(session: Session, forks: boolean): Promise<void> {
  const { run, sinks, step } = session;
  for (const sink of sinks) await sink.open(run);
  if (forks) await saveSession(session, { step, tokens: step * run.tokensPerStep, time: session.clock() });
  if (run.resumedFrom === undefined) return;
  discardCheckpointsAfter(run.dir, step);
  const at = { step, tokens: step * run.tokensPerStep, time: session.clock() };
  await writeEvent(session, { ...at, source: "run", kind: "resume", data: { step } });
}

function outcomeOf(session: Session, failure: unknown, signal: AbortSignal): Outcome {
  const { run, step } = session;
  const reached = { step, tokens: step * run.tokensPerStep, time: session.clock() };
  if (failure !== undefined) return { state: "failed", ...reached, reason: reasonOf(failure).replace(/\s+/g, " ") };
  if (step >= run.steps) return { state: "finished", ...reached };
  return { state: "interrupted", ...reached, reason: String(signal.reason ?? "asked to stop") };
}

/**
 * Closes sinks first, so that the outcome in run.json means that they have had it too; the last one first, so that warnings
 * of the later ones reach the earlier.
 */
async function close(session: Session, outcome: Outcome): Promise<void> {
  for (const sink of session.sinks.toReversed()) await sink.close(outcome);
  try {
    session.programs.dispose();
    session.engine.release(session.state);
    await session.engine.dispose();
  } finally {
    session.recorded.finish(outcome);
  }
}
