/** How W&B's server shows rows (wandb/wandb pull request 12010): those with every key, `maxStep` counted in, thinned above `samples`. */
import { lenient } from "./wandb-reader.ts";

/** Rows of history as `sampledHistory` gives them for one spec. */
export function sampledHistory(history: readonly (string | undefined)[], spec: string): Record<string, unknown>[] {
  const { keys, minStep, maxStep, samples } = JSON.parse(spec) as {
    keys: string[];
    minStep: number;
    maxStep: number;
    samples: number;
  };
  const rows = history.flatMap((line) => (line === undefined ? [] : [lenient(line) as Record<string, unknown>]));
  const asked = rows.filter((row) => {
    const step = Number(row._step);
    return step >= minStep && step <= maxStep && keys.every((key) => key in row);
  });
  const stride = Math.max(1, asked.length / samples);
  const shown = Array.from({ length: Math.ceil(asked.length / stride) }, (_, i) => asked[Math.floor(i * stride)]!);
  return shown.map((row) => Object.fromEntries(keys.map((key) => [key, row[key]])));
}
