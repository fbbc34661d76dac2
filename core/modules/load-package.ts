/** Finds an npm package's entry file from a folder. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/**
 * The file that `import name` in a folder would load, or `undefined` if no such package is installed there. Node 20 can
 * tell this for `require` only, so packages that have an `import` entry alone are looked up here.
 */
export function resolvePackage(name: string, folder: string): string | undefined {
  const require = createRequire(path.join(folder, "_.js"));
  try {
    return require.resolve(name);
  } catch {
    const [, packageName = "", subpath = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(name) ?? [];
    const home = (require.resolve.paths(name) ?? [])
      .map((modules) => path.join(modules, packageName))
      .find((dir) => existsSync(path.join(dir, "package.json")));
    if (home === undefined) return undefined;
    const { exports } = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8"));
    const entry = importEntry(subpath === "" ? (exports?.["."] ?? exports) : exports?.[`.${subpath}`]);
    return entry && path.join(home, entry);
  }
}

function importEntry(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (typeof target !== "object" || target === null) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    const entry = ["node", "import", "default"].includes(condition) ? importEntry(value) : undefined;
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** The version of the package that a file belongs to. */
export function packageVersionOf(file: string): string | undefined {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const manifest = path.join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version?: unknown };
    if (typeof version === "string") return version;
  }
  return undefined;
}
