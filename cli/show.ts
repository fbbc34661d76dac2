/** `experiment show RUN`: what a run is and what it came to. */
import { resolveRun } from "../core/record/runs.ts";
import { jsonText } from "./numbers.ts";
import { portraitOf, portraitText } from "./portrait.ts";
import { runsFolder } from "./runs-folder.ts";

interface Arguments {
  run: string;
  runs: string | undefined;
  all: boolean;
  json: boolean;
}

export async function showCommand({ run, runs, all, json }: Arguments): Promise<void> {
  const portrait = await portraitOf(resolveRun(await runsFolder(runs), run));
  console.log(json ? jsonText(portrait) : portraitText(portrait, { all }));
}
