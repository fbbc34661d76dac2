/** Imports config files and plugins, TypeScript or JavaScript, ESM or CommonJS. */
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
