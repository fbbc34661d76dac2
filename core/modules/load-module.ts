/** Imports config files and plugins, TypeScript or JavaScript, ESM or CommonJS. */
import module from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Hooks for what plugins import. `reluscope`, where a plugin's own folder has none (a folder that is linked with
 * `npm install ../mine`), is this package: nothing else could be meant. And the module format which tsx tells for files outside of
 * packages is corrected: TypeScript is ESM, and Node finds out for itself what JavaScript is. Up to Node 22.14 hooks run in a
 * loader thread, hence a module in a text.
 */
const hooks = `data:text/javascript,${encodeURIComponent(`
const notFound = ["ERR_MODULE_NOT_FOUND", "MODULE_NOT_FOUND"];
function corrected(found) {
  if (found.url.includes("/node_modules/")) return found;
  if (/^file:.*\\.tsx?(\\?|$)/.test(found.url)) return { ...found, format: "module" };
  return /^file:.*\\.js(\\?|$)/.test(found.url) ? { ...found, format: undefined } : found;
}
export function resolve(specifier, context, next) {
  const orOurs = (thrown) => {
    if (!/^reluscope(\\/|$)/.test(specifier) || !notFound.includes(thrown.code)) throw thrown;
    return next(specifier, { ...context, parentURL: ${JSON.stringify(import.meta.url)} });
  };
  try {
    const found = next(specifier, context);
    return found instanceof Promise ? found.catch(orOurs).then(corrected) : corrected(found);
  } catch (thrown) {
    return corrected(orOurs(thrown));
  }
}`)}`;

let isHooked = false;
let readsTypeScript = false;

/**
 * Imports a module by its absolute path. TypeScript goes through tsx, registered once for the whole process and without
 * a namespace: a namespace would load a second copy of every package that the module imports. TypeScript is always taken
 * for ESM, since tsx leaves the files of a package without `"type": "module"` to `require`, which cannot read them.
 */
export async function importModule(absolutePath: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.m?tsx?$/.test(absolutePath)) await readTypeScript();
  await hook();
  return await import(pathToFileURL(absolutePath).href);
}

async function readTypeScript(): Promise<void> {
  if (readsTypeScript) return;
  readsTypeScript = true;
  // When this very file is TypeScript, tsx is at work already.
  if (!import.meta.url.endsWith(".ts")) (await import("tsx/esm/api")).register();
  isHooked = false; // hooks see what tsx found only when they are registered after it
}

async function hook(): Promise<void> {
  if (isHooked) return;
  isHooked = true;
  if ("registerHooks" in module) (module.registerHooks as (hooks: object) => void)(await import(hooks));
  else module.register(hooks);
}

/** The default export of a module, also when CommonJS compiled from ESM wraps it once more. */
export function defaultExport(exports: Readonly<Record<string, unknown>>): unknown {
  const value = exports.default;
  const isWrapped = typeof value === "object" && value !== null && "__esModule" in value && "default" in value;
  return isWrapped ? value.default : value;
}
