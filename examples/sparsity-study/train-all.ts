/** Trains what is planned; a run that has finished already is taken as it is. */
import { join } from "node:path";
import { loadConfig } from "../../core/config/load.ts";
import { listRuns } from "../../core/record/runs.ts";
import type { RunRequest } from "../../core/run/request.ts";
import { train } from "../../core/run/train.ts";
import { builtIns } from "../../plugins/index.ts";
import { forkRequests } from "../../studies/fork.ts";
import { centre, type Form, forms, nameOf, type PlannedRun, planned, seeds } from "./plan.ts";

/** Directories of the study's runs, by name. */
export type RunDirs = ReadonlyMap<string, string>;

const origin = nameOf(centre.lr, centre.initScale, seeds[0]);

/** Names of the forks, as `experiment fork` gives them. */
export function forkNames({ fork }: Form): string[] {
  return Array.from({ length: fork.orders }, (_, k) => `${origin}-fork-${fork.at}-order-${k + 1}`);
}

/** Trains all that is missing under `folder`, in the form's runs. */
export async function trainAll(
  folder: string,
  say: (text: string) => void,
  form: Form = forms.full,
  only = planned,
): Promise<RunDirs> {
  const root = join(folder, form.runs);
  for (const run of only) await once(root, run.name, say, () => requestOf(folder, form, run));
  if (finished(root).has(origin)) {
    const requests = await forkRequests({ root, ref: origin, ...form.fork, counterfactuals: [] }, builtIns);
    for (const [k, request] of requests.entries()) await once(root, forkNames(form)[k]!, say, async () => request);
  }
  return finished(root);
}

async function once(
  root: string,
  name: string,
  say: (text: string) => void,
  request: () => Promise<RunRequest>,
): Promise<void> {
  if (finished(root).has(name)) return say(`${name}: there already`);
  const begun = performance.now();
  const { last } = await train(await request());
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  say(`${name}: held-out loss ${last["eval/loss"]?.toFixed(3)}, ${seconds} s`);
}

async function requestOf(
  folder: string,
  { runs, set }: Form,
  { name, lr, initScale, seed }: PlannedRun,
): Promise<RunRequest> {
  const own = [`name=${name}`, `runs=${runs}`, `train.lr=${lr}`, `model.init_scale=${initScale}`, `seed=${seed}`];
  return { loaded: await loadConfig({ cwd: folder, env: {}, flags: { set: [...set, ...own] } }), plugins: builtIns };
}

function finished(root: string): RunDirs {
  const { runs } = listRuns(root);
  return new Map(runs.filter(({ state }) => state === "finished").map(({ run, dir }) => [run.name, dir]));
}
