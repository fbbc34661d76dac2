/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import { resumeRequest } from "../core/run/request.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { runTraining } from "./training.ts";
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
  await runTraining(request, json);
}
