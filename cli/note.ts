/** `experiment note RUN [TEXT]`: what someone wants to remember of a run, and the name that lists show. */
import { changeLabels, readLabels } from "../core/record/labels.ts";
import { resolveRun } from "../core/record/runs.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { sanitise } from "./terminal.ts";

interface Arguments {
  run: string;
  text: string | undefined;
  name: string | undefined;
  runs: string | undefined;
  json: boolean;
}

/** Without a text and `--name`, prints what there is. */
export async function noteCommand({ run, text, name, runs, json }: Arguments): Promise<void> {
  const dir = resolveRun(await runsFolder(runs), run);
  const change = { ...(text !== undefined && { note: text }), ...(name !== undefined && { name }) };
  const labels = Object.keys(change).length > 0 ? changeLabels(dir, change) : readLabels(dir);
  if (json) return console.log(jsonText({ name: labels.name, note: labels.note }));
  if (labels.name !== "") console.log(`name: ${sanitise(labels.name, 200)}`);
  console.log(
    labels.note === ""
      ? "no note"
      : labels.note
          .split("\n")
          .map((line) => sanitise(line, 2000))
          .join("\n"),
  );
}
