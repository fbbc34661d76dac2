/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import { loadConfig } from "../core/config/load.ts";
import { resumeRequest } from "../core/run/request.ts";
import type { LoadPlugins } from "./command.ts";
import { runsFolder } from "./runs-folder.ts";
import { runTraining } from "./training.ts";

interface Arguments {
  run: string;
  runs: string | undefined;
  json: boolean;
}

export async function resumeCommand({ run, runs, json }: Arguments, plugins: LoadPlugins): Promise<void> {
  const present = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined);
  const request = resumeRequest(await runsFolder(runs), run, await plugins(), present?.config);
  await runTraining(request, json);
}
