/** `experiment tag RUN… --add TAG`: words by which runs are found again. */
import { changeLabels, readLabels } from "../core/record/labels.ts";
import { readRun, resolveRun } from "../core/record/runs.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { sanitise } from "./terminal.ts";

interface Arguments {
  run: string[];
  add: string[];
  remove: string[];
  runs: string | undefined;
  json: boolean;
}

/** Without `--add` and `--remove`, prints the tags. */
export async function tagCommand({ run, add, remove, runs, json }: Arguments): Promise<void> {
  const root = await runsFolder(runs);
  const dirs = run.map((name) => readRun(resolveRun(root, String(name))));
  const changes = add.length + remove.length > 0;
  const tagged = dirs.map(({ dir, run: { id } }) => {
    const before = readLabels(dir).tags;
    const next = [...before.filter((tag) => !remove.includes(tag)), ...add.map(String)];
    return { id, tags: changes ? changeLabels(dir, { tags: next }).tags : before };
  });
  if (json) console.log(jsonText(tagged));
  else
    for (const { id, tags } of tagged)
      console.log(`${id}: ${tags.length === 0 ? "no tags" : sanitise(tags.join(", "), 4000)}`);
}
