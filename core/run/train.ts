/** One run from config to outcome: opens it, trains, and closes everything whatever happened. */
import { discardCheckpointsAfter } from "../checkpoint/folder.ts";
import { givenConfig } from "../config/given.ts";
import { conclude, type RunResult } from "./conclude.ts";
import { trainSteps } from "./loop.ts";
import type { Observer } from "./observer.ts";
import { momentOf } from "./progress.ts";
import { saveTraining, writeEvent } from "./record-step.ts";
import type { GivenRequest, RunRequest } from "./request.ts";
import { openTraining, type Training } from "./training.ts";

export type TrainResult = RunResult;

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
  const { run, open, notices } = training;
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
  const { steps, looks, state } = training;
  const dispose = async () => {
    steps.dispose();
    looks.dispose();
    open.engine.release(state);
    await open.close();
  };
  return conclude(training, { failure, stopping, observer, dispose });
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
