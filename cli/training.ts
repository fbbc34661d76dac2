/** What `train`, `resume` and `observe` share: progress on stderr, the result on stdout, the exit code. */
import type { RunResult } from "../core/run/conclude.ts";
import type { Observer } from "../core/run/observer.ts";
import type { RunRequest } from "../core/run/request.ts";
import { train } from "../core/run/train.ts";
import { drawCharts } from "./draw-charts.ts";
import { giveHeapRoom } from "./heap-room.ts";
import { jsonText } from "./numbers.ts";
import { createProgress } from "./progress.ts";
import { resultText } from "./result.ts";
import { stopOnSignals } from "./signals.ts";

/** Something that takes a run from its request to its end. */
type Runner = (request: RunRequest, signal: AbortSignal, observer: Observer) => Promise<RunResult>;

/** Trains. */
export function runTraining(request: RunRequest, json: boolean): Promise<void> {
  return runToEnd(train, request, json);
}

export async function runToEnd(runner: Runner, request: RunRequest, json: boolean): Promise<void> {
  giveHeapRoom();
  const progress = createProgress(process.stderr);
  const stopping = stopOnSignals((message) => progress.warning?.(message));
  for (const note of request.loaded.notes ?? []) progress.info?.(`${note}.`);
  try {
    const result = await runner({ ...request, drawCharts }, stopping.signal, progress);
    console.log(json ? jsonText(result) : resultText(result));
    process.exitCode = result.outcome.state === "interrupted" ? 130 : result.failedPlugins.length > 0 ? 1 : 0;
  } finally {
    stopping.stop();
  }
}
