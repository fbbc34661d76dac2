/** `experiment restore [RUN…]`: runs back from the trash or the archive; without a name, what is there. */
import { basename, join } from "node:path";
import { changeLabels, readLabels } from "../core/record/labels.ts";
import { listRuns } from "../core/record/runs.ts";
import { inTrash, restoreFromTrash } from "../core/record/trash.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  run: string[];
  runs: string | undefined;
  json: boolean;
}

export async function restoreCommand({ run, runs, json }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const archived = () =>
    listRuns(root)
      .runs.filter(({ dir }) => readLabels(dir).archived)
      .map(({ dir }) => basename(dir));
  if (run.length === 0) {
    const there = { trash: inTrash(root), archive: archived() };
    if (json) return console.log(jsonText(there));
    for (const [place, ids] of Object.entries(there))
      console.log(`${place}: ${ids.length === 0 ? "empty" : ids.join(", ")}`);
    return;
  }
  const back: string[] = [];
  const put = archived();
  for (const id of run.map(String)) {
    if (put.includes(id)) changeLabels(join(root, id), { archived: false });
    else restoreFromTrash(root, id);
    back.push(id);
  }
  if (json) console.log(jsonText(back));
  else for (const id of back) console.log(`${id}: back in the list`);
}
