/** Trains what is planned: a sweep, and forks of one of its runs; what has finished already is taken as it is. */
import { join } from "node:path";
import { listRuns } from "../../core/record/runs.ts";
import { train } from "../../core/run/train.ts";
import { builtIns } from "../../plugins/index.ts";
import { forkRequests } from "../../studies/fork.ts";
import { openSweep, sweep } from "../../studies/sweep/index.ts";
import { centre, type Form, forms, nameOf, seeds, studyPlan } from "./plan.ts";

/** Directories of the study's runs, by name. */
export type RunDirs = ReadonlyMap<string, string>;

const origin = nameOf(centre.lr, centre.initScale, seeds[0]);

/** Names of the forks. */
export function forkNames({ fork }: Form): string[] {
  return Array.from({ length: fork.orders }, (_, k) => `${origin}-fork-${fork.at}-order-${k + 1}`);
}

/** Does all that is missing in `folder`/runs; `plan` is another one for a test of the study itself. */
export async function trainAll(
  folder: string,
  say: (text: string) => void,
  form: Form = forms.full,
  plan = studyPlan(form),
): Promise<RunDirs> {
  const { runs, root } = await openSweep(plan, { cwd: folder });
  const named = runs.map(({ id, settings: { "train.lr": lr, "model.init_scale": scale, seed } }) => {
    return [nameOf(Number(lr), Number(scale), Number(seed)), join(root, id)] as const;
  });
  const { counts, troubled } = await sweep(plan, {
    cwd: folder,
    report: (news) => news.kind === "ended" && say(`${named[news.index]?.[0]}: ${news.state}`),
  });
  if (counts.finished < runs.length)
    throw new Error(troubled.map(({ label, reason }) => `${label}: ${reason}`).join("\n"));
  const dirs = new Map<string, string>(named);
  const parent = dirs.get(origin);
  if (parent === undefined) return dirs;
  const requests = await forkRequests({ root, ref: parent, ...form.fork, counterfactuals: [] }, builtIns);
  for (const [k, request] of requests.entries()) {
    const name = forkNames(form)[k]!;
    const there = listRuns(root).runs.find(
      ({ run, state }) => state === "finished" && run.name === request.loaded.config.name,
    );
    dirs.set(name, there?.dir ?? (await train(request)).dir);
    say(`${name}: ${there ? "there already" : "finished"}`);
  }
  return dirs;
}
