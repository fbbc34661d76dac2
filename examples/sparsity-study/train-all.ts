/** Trains what is planned: a sweep, and forks of one of its runs; what has finished already is taken as it is. */
import { join } from "node:path";
import { openSweep, sweep, sweepForks } from "../../studies/sweep/index.ts";
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
  const names = forkNames(form);
  const forks = await sweepForks(
    { root, ref: parent, ...form.fork, counterfactuals: [] },
    { cwd: folder, report: (news) => news.kind === "ended" && say(`${names[news.index]}: ${news.state}`) },
  );
  const left = forks.filter(({ state }) => state !== "finished");
  if (left.length > 0) throw new Error(left.map(({ dir, reason }) => `${dir}: ${reason}`).join("\n"));
  for (const [k, { dir }] of forks.entries()) dirs.set(names[k]!, dir);
  return dirs;
}
