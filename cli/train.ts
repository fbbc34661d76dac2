/** `experiment train`: the main job. */
import { loadConfig } from "../core/config/load.ts";
import type { LoadPlugins } from "./command.ts";
import { type ConfigArguments, flagsFrom } from "./config-flags.ts";
import { runTraining } from "./training.ts";

type Arguments = ConfigArguments & { json: boolean; dumpGraph: string | undefined };

export async function trainCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flagsFrom(args) });
  await runTraining({ loaded, plugins: await plugins(), dumpGraph: args.dumpGraph }, args.json);
}
