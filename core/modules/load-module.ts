/** Imports config files and plugins, TypeScript or JavaScript, ESM or CommonJS. */
import module from "node:module";
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
