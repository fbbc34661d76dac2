/** `experiment observe PATH…`: looks at checkpoints that came from elsewhere. */
import { resolve } from "node:path";
import { deepFreeze } from "../core/config/deep-freeze.ts";
import { loadConfig } from "../core/config/load.ts";
import { observeCheckpoints } from "../studies/observe/observe.ts";
import type { LoadPlugins } from "./command.ts";
import { type ConfigArguments, flagsFrom } from "./config-flags.ts";
import { runToEnd } from "./training.ts";

type Arguments = ConfigArguments & {
  paths: string[] | undefined;
  everyTokens: string | undefined;
  acceptChangedCorpus: boolean;
  json: boolean;
};

export async function observeCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const { everyTokens, acceptChangedCorpus, json } = args;
  const spacing = everyTokens === undefined ? [] : [`observe.every_tokens=${everyTokens}`];
  const flags = flagsFrom({ ...args, set: [args.set ?? [], spacing].flat() });
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flags });
  const paths = (args.paths ?? []).map((path) => resolve(path));
  const given = paths.length === 0 ? loaded : withPaths(loaded, paths);
  const request = { loaded: given, plugins: await plugins(), acceptChangedCorpus };
  await runToEnd(observeCheckpoints, request, json);
}

function withPaths(loaded: Awaited<ReturnType<typeof loadConfig>>, paths: string[]): typeof loaded {
  const config = deepFreeze({ ...loaded.config, observe: { ...loaded.config.observe, paths } });
  return { ...loaded, config, sources: { ...loaded.sources, "observe.paths": "command line" } };
}
