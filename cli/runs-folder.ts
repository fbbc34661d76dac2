/** Where runs are: what `--runs` says, else what the config says. */
import { resolve } from "node:path";
import { loadConfig } from "../core/config/load.ts";

/** The folder of the run directories, absolute. The config is read only when it is needed. */
export async function runsFolder(asked: string | undefined): Promise<string> {
  if (asked !== undefined) return resolve(asked);
  const { config, baseDir } = await loadConfig({ cwd: process.cwd(), env: process.env });
  return resolve(baseDir, config.runs);
}
