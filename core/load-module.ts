/** Imports config files and plugins, TypeScript or JavaScript, ESM or CommonJS. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** When this very file runs as TypeScript, a loader for it is at work already. */
let readsTypeScript = import.meta.url.endsWith(".ts");

/**
 * Imports a module by its absolute path. TypeScript goes through tsx, registered once for the whole process and without
 * a namespace: a namespace would load a second copy of every package that the module imports.
 */
export async function importModule(absolutePath: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.[cm]?tsx?$/.test(absolutePath) && !readsTypeScript) {
    const { register } = await import("tsx/esm/api");
    register();
    readsTypeScript = true;
  }
  return await import(pathToFileURL(absolutePath).href);
}

/** The default export of a module, also when CommonJS compiled from ESM wraps it once more. */
export function defaultExport(module: Readonly<Record<string, unknown>>): unknown {
  const value = module.default;
  const isWrapped = typeof value === "object" && value !== null && "__esModule" in value && "default" in value;
  return isWrapped ? value.default : value;
}

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
