/** Trains what is planned; a run that has finished already is taken as it is. */
import { join } from "node:path";
import { loadConfig } from "../../core/config/load.ts";
import { listRuns } from "../../core/record/runs.ts";
import type { RunRequest } from "../../core/run/request.ts";
import { train } from "../../core/run/train.ts";
import { builtIns } from "../../plugins/index.ts";
import { forkRequests } from "../../studies/fork.ts";
import { centre, fork, nameOf, type PlannedRun, planned, seeds } from "./plan.ts";

/** Directories of the study's runs, by name. */
export type RunDirs = ReadonlyMap<string, string>;

/** Names of the forks, as `experiment fork` gives them. */
export const forkNames = Array.from(
  { length: fork.orders },
  (_, k) => `${nameOf(centre.lr, centre.initScale, seeds[0])}-fork-${fork.at}-order-${k + 1}`,
);

/** Trains all that is missing under `folder`/runs. `steps` shortens every run, for a test of the study itself. */
export async function trainAll(folder: string, say: (text: string) => void, only = planned): Promise<RunDirs> {
  for (const run of only) await once(folder, run.name, say, () => requestOf(folder, run));
  const origin = nameOf(centre.lr, centre.initScale, seeds[0]);
  if (finished(folder).has(origin)) {
    const asked = { root: join(folder, "runs"), ref: origin, at: fork.at, orders: fork.orders, steps: fork.steps };
    const requests = await forkRequests({ ...asked, counterfactuals: [] }, builtIns);
    for (const [k, request] of requests.entries()) await once(folder, forkNames[k]!, say, async () => request);
  }
  return finished(folder);
}

async function once(
  folder: string,
  name: string,
  say: (text: string) => void,
  request: () => Promise<RunRequest>,
): Promise<void> {
  if (finished(folder).has(name)) return say(`${name}: there already`);
  const begun = performance.now();
  const { last } = await train(await request());
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  say(`${name}: held-out loss ${last["eval/loss"]?.toFixed(3)}, ${seconds} s`);
}

async function requestOf(folder: string, { name, lr, initScale, seed }: PlannedRun): Promise<RunRequest> {
  const set = [`name=${name}`, `train.lr=${lr}`, `model.init_scale=${initScale}`, `seed=${seed}`];
  return { loaded: await loadConfig({ cwd: folder, env: {}, flags: { set } }), plugins: builtIns };
}

function finished(folder: string): RunDirs {
  const { runs } = listRuns(join(folder, "runs"));
  return new Map(runs.filter(({ state }) => state === "finished").map(({ run, dir }) => [run.name, dir]));
}
