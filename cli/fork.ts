/** `experiment fork RUN`: continues one checkpoint under other data orders, or with one thing changed. */
import { train } from "../core/run/train.ts";
import { forkRequests } from "../studies/fork.ts";
import type { LoadPlugins } from "./command.ts";
import { drawCharts } from "./draw-charts.ts";
import { createProgress } from "./progress.ts";
import { runsFolder } from "./runs-folder.ts";
import { stopOnSignals } from "./signals.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  run: string;
  at: number | undefined;
  orders: number;
  steps: number;
  counterfactual: string[];
  runs: string | undefined;
  trust: boolean;
  json: boolean;
}

export async function forkCommand(
  { run, at, orders, steps, counterfactual, runs, trust, json }: Arguments,
  plugins: LoadPlugins,
): Promise<void> {
  const root = await runsFolder(runs);
  const step = at === undefined ? {} : { at };
  const asked = {
    root,
    ref: run,
    ...step,
    orders,
    steps,
    counterfactuals: counterfactual,
    word: await wordOf({ trust }),
  };
  const requests = await forkRequests(asked, await plugins());
  const progress = createProgress(process.stderr);
  const stopping = stopOnSignals((message) => progress.warning?.(message));
  const done: { id: string; name: string | undefined; state: string }[] = [];
  try {
    for (const request of requests) {
      if (stopping.signal.aborted) break;
      const { id, outcome } = await train({ ...request, drawCharts }, stopping.signal, progress);
      done.push({ id, name: request.loaded.config.name, state: outcome.state });
    }
  } finally {
    stopping.stop();
  }
  if (json) console.log(JSON.stringify(done, null, 2));
  else for (const { id, name, state } of done) console.log(`${id}  ${name}  ${state}`);
  if (!json) for (const line of nextSteps(done, orders)) console.log(line);
  const cut = stopping.signal.aborted || done.some(({ state }) => state === "interrupted");
  if (cut) process.exitCode = 130;
}

/** Plain forks come first, `orders` of them: they alone answer whether forks lose the same units. */
function nextSteps(done: readonly { readonly id: string }[], orders: number): string[] {
  const ids = done.map(({ id }) => id);
  const [plain, all] = [ids.slice(0, orders), ids];
  const lines = plain.length > 1 ? [`next: experiment overlap ${plain.join(" ")}  (do they lose the same units?)`] : [];
  return all.length > orders
    ? [...lines, `next: experiment overlap ${all.join(" ")}  (what does each change do to deaths?)`]
    : lines;
}
