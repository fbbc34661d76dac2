/** `experiment observe PATH…`: looks at checkpoints that came from elsewhere. */
import { resolve } from "node:path";
import { deepFreeze } from "../core/config/deep-freeze.ts";
import { loadConfig } from "../core/config/load.ts";
import { observeCheckpoints } from "../studies/observe/observe.ts";
import type { LoadPlugins } from "./command.ts";
import { type ConfigArguments, flagsFrom } from "./config-flags.ts";
import { runToEnd } from "./training.ts";

type Arguments = ConfigArguments & { paths: string[] | undefined; json: boolean };

export async function observeCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flagsFrom(args) });
  const paths = (args.paths ?? []).map((path) => resolve(path));
  const given = paths.length === 0 ? loaded : withPaths(loaded, paths);
  await runToEnd(observeCheckpoints, { loaded: given, plugins: await plugins() }, args.json);
}

function withPaths(loaded: Awaited<ReturnType<typeof loadConfig>>, paths: string[]): typeof loaded {
  const config = deepFreeze({ ...loaded.config, observe: { ...loaded.config.observe, paths } });
  return { ...loaded, config, sources: { ...loaded.sources, "observe.paths": "command line" } };
}
