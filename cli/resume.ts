/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import { loadConfig } from "../core/config/load.ts";
import { readRun } from "../core/record/runs.ts";
import { resumeRequest } from "../core/run/request.ts";
import { observeCheckpoints } from "../studies/observe/observe.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { runToEnd, runTraining } from "./training.ts";

interface Arguments {
  run: string;
  runs: string | undefined;
  json: boolean;
}

export async function resumeCommand({ run, runs, json }: Arguments, plugins: LoadPlugins): Promise<void> {
  const present = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined);
  const request = resumeRequest(await runsFolder(runs), run, await plugins(), present?.config);
  if (request.resume !== undefined && readRun(request.resume.dir).run.observed !== undefined) {
    await runToEnd(observeCheckpoints, request, json);
  } else await runTraining(request, json);
}
