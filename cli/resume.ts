/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import { readRun } from "../core/record/runs.ts";
import { resumeRequest } from "../core/run/request.ts";
import { observeCheckpoints } from "../studies/observe/observe.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { runToEnd, runTraining } from "./training.ts";
import { wordOf } from "./word.ts";

interface Arguments {
  run: string;
  runs: string | undefined;
  trust: boolean;
  takeOver: boolean;
  json: boolean;
}

export async function resumeCommand(
  { run, runs, trust, takeOver, json }: Arguments,
  plugins: LoadPlugins,
): Promise<void> {
  const request = resumeRequest(await runsFolder(runs), run, await plugins(), {
    ...(await wordOf({ trust })),
    takeOver,
  });
  if (request.resume !== undefined && readRun(request.resume.dir).run.observed !== undefined) {
    await runToEnd(observeCheckpoints, request, json);
  } else await runTraining(request, json);
}
