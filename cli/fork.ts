/** `experiment fork RUN`: continues one checkpoint under other data orders, or with one thing changed. */
import { forkRequests } from "../studies/fork.ts";
import type { LoadPlugins } from "./command.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { makeForks } from "./sweep/forks.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  run: string;
  at: number | undefined;
  orders: number;
  steps: number;
  counterfactual: string[];
  on: string | undefined;
  jobs: number | undefined;
  acceptChangedCorpus: boolean;
  runs: string | undefined;
  trust: boolean;
  json: boolean;
}

export async function forkCommand(
  { run, at, orders, steps, counterfactual, acceptChangedCorpus, on, jobs, runs, trust, json }: Arguments,
  plugins: LoadPlugins,
): Promise<void> {
  const root = await runsFolder(runs);
  const step = at === undefined ? {} : { at };
  const word = await wordOf({ trust });
  const asked = { root, ref: run, ...step, orders, steps, counterfactuals: counterfactual, acceptChangedCorpus, word };
  const table = await plugins();
  const requests = await forkRequests(asked, table);
  const { states, stopped, elsewhere } = await makeForks(requests, { word, on, jobs }, table);
  const made = states.map(({ run: { id }, state }, k) => ({ id, name: requests[k]!.loaded.config.name, state }));
  if (json) console.log(jsonText(made));
  else for (const { id, name, state } of made) console.log(`${id}  ${name}  ${state}`);
  const finished = made.filter(({ state }) => state === "finished");
  if (!json && finished.length === made.length) for (const line of nextSteps(made, orders)) console.log(line);
  if (stopped) process.exitCode = 130;
  else if (!elsewhere && finished.length < made.length) process.exitCode = 1;
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
