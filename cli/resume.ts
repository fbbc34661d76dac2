/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import { resumeRequest } from "../core/run/request.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { runTraining } from "./training.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  run: string;
  set: string[];
  steps: number | undefined;
  acceptChangedCorpus: boolean;
  runs: string | undefined;
  trust: boolean;
  takeOver: boolean;
  json: boolean;
}

export async function resumeCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const { run, set, steps, acceptChangedCorpus, runs, trust, takeOver, json } = args;
  const options = { ...(await wordOf({ trust })), takeOver, set, steps, acceptChangedCorpus };
  await runTraining(await resumeRequest(await runsFolder(runs), run, await plugins(), options), json);
}
