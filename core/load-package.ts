/** Finds an npm package's entry file from a folder, as an import from there would. */

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** Absolute path of the module that `import name` loads from `baseDir`; undefined when there is no such package. */
export function resolvePackage(name: string, baseDir: string): string | undefined {
  try {
    return createRequire(path.join(baseDir, "any.js")).resolve(name);
  } catch {
    return importOnly(name, baseDir);
  }
}

/** Packages whose `exports` know the condition `import` alone are invisible to `require.resolve`. */
function importOnly(name: string, baseDir: string): string | undefined {
  if (!/^(@[a-z0-9-~][\w.-]*\/)?[a-z0-9-~][\w.-]*$/i.test(name)) return undefined;
  for (let folder = path.resolve(baseDir); ; folder = path.dirname(folder)) {
    const home = path.join(folder, "node_modules", name);
    if (existsSync(path.join(home, "package.json"))) return entryOf(home);
    if (folder === path.dirname(folder)) return undefined;
  }
}

function entryOf(home: string): string | undefined {
  const manifest = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8")) as { exports?: unknown };
  let target = manifest.exports;
  if (isObject(target) && "." in target) target = target["."];
  while (isObject(target)) target = target.node ?? target.import ?? target.default;
  return typeof target === "string" ? path.join(home, target) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
