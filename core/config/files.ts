/** Config files: finding them with cosmiconfig, reading them, and following `$import`. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { circularImport, configNotFound, invalidValue, unreadableConfig } from "../errors/errors.ts";
import { defaultExport, importModule } from "../modules/load-module.ts";
import { formatKeyPath } from "./key-path.ts";
import { isPlainObject } from "./shorthand.ts";
import type { Layer } from "./tree.ts";
import { parseYamlFile } from "./yaml.ts";

const moduleName = "experiment";
const extensions = ["js", "mjs", "cjs", "ts"];

/** File names that are looked for in each folder, first match wins. */
export const searchPlaces = [
  `.${moduleName}rc`,
  ...["json", "yaml", "yml", ...extensions].map((extension) => `.${moduleName}rc.${extension}`),
  ...extensions.map((extension) => `${moduleName}.config.${extension}`),
  "package.json",
];

/** The config file for a folder: in it, or in a parent up to the first that has a package.json. */
export async function findConfig(cwd: string): Promise<string | undefined> {
  const { cosmiconfig } = await import("cosmiconfig");
  // Only the place is wanted here. cosmiconfig would merge `$import` without telling which file a value is from, and
  // would pass over a config whose import is missing as if it were not there.
  const found = () => ({ found: true });
  const loaders = Object.fromEntries(searchPlaces.map((place) => [path.extname(place) || "noExt", found]));
  const packageJson = (file: string, text: string) => (path.basename(file) === "package.json" ? parsed(text) : found());
  const options = { searchPlaces, searchStrategy: "project", ignoreEmptySearchPlaces: false, cache: false } as const;
  try {
    const explorer = cosmiconfig(moduleName, { ...options, loaders: { ...loaders, ".json": packageJson } });
    return (await explorer.search(cwd))?.filepath;
  } catch (thrown) {
    throw await brokenManifest(thrown);
  }
}

/** cosmiconfig looks into package.json for options of its own as soon as it is set up, and throws when that is broken. */
async function brokenManifest(thrown: unknown): Promise<Error> {
  const file = path.resolve("package.json");
  await parseYamlFile(await readFile(file, "utf8").catch(() => ""), "package.json");
  return unreadableConfig(file, thrown);
}

/** The layers of a config file, imported ones first. `where` says how an error calls a file. */
export async function readLayers(
  file: string,
  baseDir: string,
  where: (file: string) => string,
  importers: readonly string[] = [],
): Promise<Layer[]> {
  if (importers.includes(file)) throw circularImport([...importers.slice(importers.indexOf(file)), file].map(where));
  const { $import: imports = [], $schema: _, sweep: _plan, ...values } = await readMap(file, where(file));
  const layers: Layer[] = [];
  for (const imported of Array.isArray(imports) ? imports : [imports]) {
    if (typeof imported !== "string") {
      throw invalidValue(`${where(file)}: $import`, "a path or a list of paths", imported);
    }
    const next = path.resolve(path.dirname(file), imported);
    layers.push(
      ...(await readLayers(next, baseDir, where, [...importers, file]).catch((error: unknown) => {
        throw isMissing(error, next) ? configNotFound(`${where(file)}: $import`, imported) : error;
      })),
    );
  }
  return [...layers, { values, source: file, pluginName: (name) => movedPath(name, path.dirname(file), baseDir) }];
}

/** What a file of keys says (YAML, JSON, or a module's default export); `{}` for one that is empty. `name` is for errors. */
export async function readMap(file: string, name: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw isMissing(error, file) ? error : unreadableConfig(name, error);
  });
  const value = (await contents(file, text, name)) ?? {};
  if (!isPlainObject(value)) throw invalidValue(name, "a map of keys", value);
  const circle = pathOfCircle(value, []);
  if (circle) throw invalidValue(`${name}: ${formatKeyPath(circle)}`, "a value", "one that contains itself");
  return value;
}

async function contents(file: string, text: string, name: string): Promise<unknown> {
  if (path.basename(file) === "package.json") {
    const manifest = await parseYamlFile(text, name);
    return isPlainObject(manifest) ? manifest[moduleName] : manifest;
  }
  if (!extensions.includes(path.extname(file).slice(1))) return parseYamlFile(text, name);
  const module = await importModule(file).catch((thrown: unknown) => {
    throw unreadableConfig(name, thrown);
  });
  if (!("default" in module)) throw invalidValue(name, "a default export", Object.keys(module));
  return defaultExport(module);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever is wrong with it, it is not for us to stop at: npm will say so.
    return {};
  }
}

/** A relative path in one folder as a relative path from another; names of packages and built-ins stay as they are. */
export function movedPath(name: string, from: string, to: string): string {
  if (!/^\.{1,2}\//.test(name)) return name;
  const relative = path.relative(to, path.resolve(from, name)).split(path.sep).join("/");
  return relative.startsWith(".") ? relative : `./${relative}`;
}

function isMissing(error: unknown, file: string): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT" && "path" in error && error.path === file;
}

function pathOfCircle(value: unknown, above: readonly unknown[]): string[] | undefined {
  if (above.includes(value)) return [];
  if (!Array.isArray(value) && !isPlainObject(value)) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const circle = pathOfCircle(child, [...above, value]);
    if (circle) return [key, ...circle];
  }
  return undefined;
}
