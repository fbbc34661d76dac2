/** Where a fork began, for one that has no whole checkpoint of its own. */
import { basename, dirname, join } from "node:path";
import { listCheckpoints } from "../checkpoint/folder.ts";
import { readVerified } from "../checkpoint/manifest.ts";
import { forkOriginLost, reasonOf } from "../errors/errors.ts";
import type { RunFile } from "../record/format.ts";

/** The parent's checkpoint that a fork began with; the parent lies beside it. Throws `checkpoint.invalid` where it is not there whole. */
export function forkOrigin(dir: string, id: string, { run, step }: NonNullable<RunFile["fork"]>): string {
  const isName = run === basename(run) && !run.startsWith("."); // what stands in a run directory is never a path
  const found = isName && listCheckpoints(join(dirname(dir), run)).find((checkpoint) => checkpoint.step === step);
  if (!found) throw forkOriginLost(id, run, step, "it is not there");
  try {
    readVerified(found.path);
  } catch (thrown) {
    throw forkOriginLost(id, run, step, reasonOf(thrown));
  }
  return found.path;
}
