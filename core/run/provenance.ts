/** Where a run's plugins came from, and what surrounded the process that trained it: for run.json. */
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { relative } from "node:path";
import { withoutSecretArguments } from "../config/secrets.ts";
import { configuredKinds } from "../contract/plugin.ts";
import type { ChosenPlugins } from "../host/resolve.ts";
import type { Attempt, PluginRecord } from "../record/format.ts";

/** One record for each plugin; files are relative to the folder of the config, as the config has them. */
export function provenanceOf(chosen: ChosenPlugins, baseDir: string): readonly PluginRecord[] {
  return configuredKinds.flatMap((kind) =>
    chosen[kind].map(({ name, plugin, origin }) => {
      const file = "file" in origin ? { file: relative(baseDir, origin.file) } : {};
      return { kind, key: name, name: plugin.name, ...origin, ...file };
    }),
  );
}

/** The command line without secrets, where it ran, and the state of the code there. */
export function surroundings(folder: string): Pick<Attempt, "command" | "cwd" | "host" | "nodeFlags" | "git"> {
  const git = gitState(folder);
  return {
    command: withoutSecretArguments(process.argv.slice(1)),
    cwd: process.cwd(),
    host: hostname(),
    nodeFlags: [...process.execArgv, ...(process.env.NODE_OPTIONS?.split(/\s+/).filter(Boolean) ?? [])],
    ...(git && { git }),
  };
}

/** The commit of the repository that a folder is in, and whether tracked files differ from it. */
function gitState(folder: string): Attempt["git"] {
  const git = (...given: string[]) => spawnSync("git", given, { cwd: folder, encoding: "utf8", timeout: 2000 });
  const commit = git("rev-parse", "HEAD");
  if (commit.status !== 0) return undefined;
  const changed = git("status", "--porcelain", "--untracked-files=no");
  return { commit: commit.stdout.trim(), dirty: changed.stdout.trim() !== "" };
}
