/** Imports config files and plugins, TypeScript or JavaScript, ESM or CommonJS. */
import { existsSync, readFileSync } from "node:fs";
import module, { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Hooks that correct the module format which tsx tells for files outside of packages: TypeScript is ESM, and Node finds out
 * for itself what JavaScript is. Up to Node 22.14 they run in a loader thread, hence a module in a text.
 */
const formatHooks = `data:text/javascript,${encodeURIComponent(`
function corrected(found) {
  if (found.url.includes("/node_modules/")) return found;
  if (/^file:.*\\.tsx?(\\?|$)/.test(found.url)) return { ...found, format: "module" };
  return /^file:.*\\.js(\\?|$)/.test(found.url) ? { ...found, format: undefined } : found;
}
export function resolve(specifier, context, next) {
  const found = next(specifier, context);
  return found instanceof Promise ? found.then(corrected) : corrected(found);
}`)}`;

let readsTypeScript = false;

/**
 * Imports a module by its absolute path. TypeScript goes through tsx, registered once for the whole process and without
 * a namespace: a namespace would load a second copy of every package that the module imports. TypeScript is always taken
 * for ESM, since tsx leaves the files of a package without `"type": "module"` to `require`, which cannot read them.
 */
export async function importModule(absolutePath: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.m?tsx?$/.test(absolutePath)) await readTypeScript();
  return await import(pathToFileURL(absolutePath).href);
}

async function readTypeScript(): Promise<void> {
  if (readsTypeScript) return;
  readsTypeScript = true;
  // When this very file is TypeScript, tsx is at work already.
  if (!import.meta.url.endsWith(".ts")) (await import("tsx/esm/api")).register();
  if ("registerHooks" in module) (module.registerHooks as (hooks: object) => void)(await import(formatHooks));
  else module.register(formatHooks);
}

/** The default export of a module, also when CommonJS compiled from ESM wraps it once more. */
export function defaultExport(exports: Readonly<Record<string, unknown>>): unknown {
  const value = exports.default;
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
