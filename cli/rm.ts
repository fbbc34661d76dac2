/** `experiment rm RUN…`: to the trash, from which `experiment restore` takes it back; or only out of sight. */
import { confirmationNeeded } from "../core/errors/keeping-errors.ts";
import { changeLabels } from "../core/record/labels.ts";
import { readRun, resolveRun } from "../core/record/runs.ts";
import { moveToTrash } from "../core/record/trash.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  run: string[];
  yes: boolean;
  archive: boolean;
  runs: string | undefined;
  json: boolean;
}

/** Names every run before it touches one; asks for `--yes`, since it may be called by a script. */
export async function rmCommand({ run, yes, archive, runs, json }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const found = run.map((name) => readRun(resolveRun(root, String(name))));
  if (!archive && !yes) throw confirmationNeeded(found.length);
  for (const { dir } of found) archive ? changeLabels(dir, { archived: true }) : moveToTrash(dir);
  const ids = found.map(({ run: { id } }) => id);
  if (json) return console.log(jsonText(ids));
  const done = archive ? "archived" : "in the trash";
  for (const id of ids) console.log(`${id}: ${done} (back by: experiment restore ${id})`);
}
