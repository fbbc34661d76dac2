/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import { loadConfig } from "../core/config/load.ts";
import { resumeRequest } from "../core/run/request.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { runTraining } from "./training.ts";

interface Arguments {
  run: string;
  set: string[];
  steps: number | undefined;
  acceptChangedCorpus: boolean;
  runs: string | undefined;
  json: boolean;
}

export async function resumeCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const { run, set, steps, acceptChangedCorpus, runs, json } = args;
  const present = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined);
  const options = { present: present?.config, set, steps, acceptChangedCorpus };
  await runTraining(await resumeRequest(await runsFolder(runs), run, await plugins(), options), json);
}
