/** The end of a run, whatever happened: analyzers and sinks are told, run.json gets the outcome, the caller a result. */
import type { Outcome, Run } from "../contract/run.ts";
import { ExperimentError, reasonOf } from "../errors/errors.ts";
import { type ActiveAnalyzer, endRun } from "../host/analyzers.ts";
import { headlineOf } from "../host/metrics.ts";
import type { RunEntry } from "./entry.ts";
import type { Observer } from "./observer.ts";
import { momentOf, type Progress } from "./progress.ts";
import type { Voices } from "./voices.ts";

/** What a caller gets back from a run that ended without an error. */
export interface RunResult {
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

/** The parts of a run that outlive its steps. */
export interface Ending extends Voices {
  readonly entry: RunEntry;
  readonly run: Run;
  readonly analyzers: readonly ActiveAnalyzer[];
  readonly progress: Progress;
  readonly clock: () => number;
}

/** How it came to the end. */
export interface Cause {
  /** What was thrown, if anything was. */
  readonly failure: unknown;
  readonly stopping: AbortSignal;
  readonly observer: Observer;
  /** Whether it did all that it was to do; default whether the last step is on record. */
  readonly finished?: boolean;
  /** Training tokens at the step that is on record; default what the run's steps come to. */
  readonly tokens?: number;
  /** Frees what the run computed with. */
  dispose(): Promise<void>;
}

/** Ends a run. Throws what made it fail. */
export async function conclude(ending: Ending, cause: Cause) {
  const { run, analyzers, sinks, notices, progress } = ending;
  const { observer, dispose } = cause;
  let { failure } = cause;
  // A run that is another process's now gets nothing more from this one: no row, no end, no outcome.
  if (failure instanceof ExperimentError && failure.code === "run.taken") {
    await dispose();
    throw failure;
  }
  const outcome = outcomeOf(ending, cause);
  const unended = await endRun(analyzers, outcome);
  for (const error of unended) notices.warn(error.message);
  await close(ending, outcome, dispose).catch((thrown: unknown) => {
    if (failure === undefined) failure = thrown;
    else observer.warning?.(reasonOf(thrown));
  });
  observer.ended?.();
  if (failure !== undefined) throw failure;
  const failedSinks = sinks.filter((sink) => sink.failed).map((sink) => `sink ${sink.name}`);
  const result: RunResult = {
    id: run.id,
    dir: run.dir,
    outcome,
    last: progress.latest,
    headline: analyzers.flatMap(({ plugin }) => headlineOf(plugin)),
    failedPlugins: [...failedSinks, ...unended.map(({ plugin }) => plugin)],
    lostRows: Object.fromEntries(sinks.map((sink) => [sink.name, sink.lostRows])),
    hostMs: Object.fromEntries(analyzers.map(({ plugin, hostMs }) => [plugin.name, hostMs])),
  };
  return result;
}

function outcomeOf({ run, progress, clock }: Ending, { failure, stopping, tokens, ...cause }: Cause): Outcome {
  const { step } = progress;
  const { finished = step >= run.steps } = cause;
  const reached = { ...momentOf(run, step, clock()), ...(tokens !== undefined && { tokens }) };
  if (failure !== undefined) return { state: "failed", ...reached, reason: reasonOf(failure).replace(/\s+/g, " ") };
  if (finished) return { state: "finished", ...reached };
  return { state: "interrupted", ...reached, reason: String(stopping.reason ?? "asked to stop") };
}

/**
 * Closes sinks first, so that the outcome in run.json means that they have had it too; the last one first, so that warnings
 * of the later ones reach the earlier.
 */
async function close({ sinks, entry }: Ending, outcome: Outcome, dispose: Cause["dispose"]): Promise<void> {
  for (const sink of sinks.toReversed()) await sink.close(outcome);
  try {
    await dispose();
  } finally {
    entry.finish(outcome);
  }
}
