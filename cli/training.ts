/** What `train` and `resume` share: progress on stderr, the result on stdout, the exit code. */
import type { RunRequest } from "../core/run/request.ts";
import { train } from "../core/run/train.ts";
import { drawCharts } from "./draw-charts.ts";
import { createProgress } from "./progress.ts";
import { resultText } from "./result.ts";
import { stopOnSignals } from "./signals.ts";

export async function runTraining(request: RunRequest, json: boolean): Promise<void> {
  const progress = createProgress(process.stderr);
  const stopping = stopOnSignals((message) => progress.warning?.(message));
  try {
    const result = await train({ ...request, drawCharts }, stopping.signal, progress);
    console.log(json ? JSON.stringify(result, null, 2) : resultText(result));
    process.exitCode = result.outcome.state === "interrupted" ? 130 : result.failedPlugins.length > 0 ? 1 : 0;
  } finally {
    stopping.stop();
  }
}
