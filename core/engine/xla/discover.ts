/** Where PJRT plugins are: named outright, or among the packages of a Python environment. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

/** A plugin that was found. */
export interface FoundPlugin {
  readonly path: string;
  /** How it was found, in words: "engine.plugin", "PJRT_PLUGIN", or the environment that holds it. */
  readonly by: string;
  /** Folders of packages that may hold the libraries that it needs. */
  readonly packages: readonly string[];
}

/** What discovery looks at. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** Every plugin, the one to use first: `engine.plugin`, `PJRT_PLUGIN`, then what Python environments hold, the nearest first. */
export function findPlugins(
  named: string | undefined,
  { env, home }: Surroundings = { env: process.env, home: homedir() },
): FoundPlugin[] {
  if (named !== undefined) return [outright(named, "engine.plugin")];
  if (env.PJRT_PLUGIN) return [outright(env.PJRT_PLUGIN, "PJRT_PLUGIN")];
  const found: FoundPlugin[] = [];
  for (const packages of packageFolders(env, home))
    for (const path of pluginsIn(packages))
      if (!found.some((earlier) => earlier.path === path)) found.push({ path, by: packages, packages: [packages] });
  return found;
}

function outright(path: string, by: string): FoundPlugin {
  const whole = resolve(path);
  // A plugin inside a Python environment has its libraries there: …/site-packages/jax_plugins/NAME/plugin.so
  return { path: whole, by, packages: [resolve(dirname(whole), "..", "..")] };
}

/** The folders of packages of Python environments: the active one, Conda's, then those on PATH, then the user's own. */
function packageFolders(env: Surroundings["env"], home: string): string[] {
  const onPath = (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && existsSync(join(folder, "python3")));
  const roots = [env.VIRTUAL_ENV, env.CONDA_PREFIX, ...onPath.map(dirname), join(home, ".local")];
  const folders: string[] = [];
  for (const root of roots) {
    if (!root) continue;
    for (const lib of ["lib", "lib64", join("local", "lib")])
      for (const python of entries(join(root, lib)).filter((name) => /^python3(\.\d+)?$/.test(name)))
        for (const kind of ["site-packages", "dist-packages"]) folders.push(join(root, lib, python, kind));
  }
  return [...new Set(folders)].filter(existsSync);
}

/** By the naming of JAX's plugin packages: `jax_plugins/xla_cuda13/xla_cuda_plugin.so`. The latest name first. */
function pluginsIn(packages: string): string[] {
  const folder = join(packages, "jax_plugins");
  const names = entries(folder).sort().reverse();
  return names.flatMap((name) =>
    entries(join(folder, name))
      .filter((file) => /(plugin|pjrt).*\.(so|dylib)$/.test(file))
      .map((file) => join(folder, name, file)),
  );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
