/** Where the project of a run is now: it may have been moved or copied since, with its runs. */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { RunFile } from "./format.ts";

type Origin = Pick<RunFile, "baseDir" | "config" | "sources" | "configFile">;

/**
 * The folder that relative paths of a run's config start from. The recorded one, unless the run lies elsewhere than in its
 * `runs`: then the folder that stands to it as the recorded one did, when its config file is there or the recorded folder is gone.
 */
function baseDirOf(dir: string, { baseDir, config, sources, configFile }: Origin): string {
  const { runs } = config;
  if (typeof runs !== "string" || isAbsolute(runs)) return baseDir;
  const recorded = resolve(baseDir, runs);
  const actual = resolve(dirname(dir));
  if (recorded === actual) return baseDir;
  const moved = resolve(actual, relative(recorded, baseDir));
  const files = new Set(
    Object.values(sources).filter(
      (source) => source !== "default" && !/^(flag |EXPERIMENT_|RELUSCOPE_|fork$|resume)/.test(source),
    ),
  );
  if (configFile !== undefined) files.add(configFile);
  const hasConfig = [...files].some((file) => existsSync(join(moved, file)));
  return hasConfig || !existsSync(baseDir) ? moved : baseDir;
}

/** `vouched` is where the paths of a run start that is vouched for: of one's own run, moved along with its project. */
export function presentBaseDir(dir: string, run: Origin, vouched: string): string {
  return vouched === run.baseDir ? baseDirOf(dir, run) : vouched;
}
