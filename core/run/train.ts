/** One run from config to outcome: opens it, trains, and closes everything whatever happened. */
import { discardCheckpointsAfter } from "../checkpoint/folder.ts";
import { givenConfig } from "../config/given.ts";
import { withoutSecrets } from "../config/secrets.ts";
import { corpusLine } from "../record/corpus.ts";
import { conclude, type RunResult } from "./conclude.ts";
import { trainSteps } from "./loop.ts";
import type { Observer } from "./observer.ts";
import { momentOf } from "./progress.ts";
import { saveTraining, standstill, writeEvent, writeResume } from "./record-step.ts";
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
  const training = await openTraining(request, observer, (ready) => keepOrigin(ready, request));
  const { run, open, notices } = training;
  const stopping = AbortSignal.any([signal, training.stopAsked]);
  let failure: unknown;
  try {
    await begin(training, request);
    observer.started?.(run, open.engine.device);
    notices.info(`data: ${corpusLine(open.dataset.counts)}`);
    for (const note of [...(request.notes ?? []), ...open.notes]) notices.warn(note);
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

/** A fork has what it begins with before it can be seen: whenever it is killed, it goes on as that fork. */
async function keepOrigin(training: Training, { fork, resume }: RunRequest): Promise<void> {
  if (!fork && !resume?.origin) return;
  const at = momentOf(training.run, training.progress.step, training.clock());
  await saveTraining(training, at, await standstill(training));
}

/** Opens the sinks; one that cannot open stops the run. */
async function begin(training: Training, request: RunRequest): Promise<void> {
  const { run, sinks, progress, open } = training;
  for (const sink of sinks) await sink.open(run);
  if (open.dataChanges.length > 0) {
    const at = momentOf(run, progress.step, training.clock());
    const data = { changes: open.dataChanges, ...(request.recorded && { was: request.recorded.corpus }) };
    await writeEvent(training, { ...at, source: "run", kind: "corpus-change", data });
    const what = open.dataChanges.map((change) => change.what).join(", ");
    training.notices.warn(`the data is not what the run has on record (${what}): accepted, and put on record.`);
  }
  if (run.resumedFrom === undefined) return;
  discardCheckpointsAfter(run.dir, progress.step);
  const at = momentOf(run, progress.step, training.clock());
  await writeResume(training, at, training.changed);
  for (const { keyPath, a, b } of request.changes ?? []) {
    const data = withoutSecrets({ keyPath, from: a ?? null, to: b ?? null });
    await writeEvent(training, { ...at, source: "run", kind: "config-change", data });
  }
}
