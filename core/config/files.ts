/** Config files: finding them with cosmiconfig, reading them, and following `$import`. */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import {
  circularImport,
  configNotFound,
  configTooLarge,
  invalidValue,
  severalConfigs,
  tooManyImports,
  unreadableConfig,
} from "../errors/errors.ts";
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

const notRegular = "it is no file but a pipe or a device";

/** Where a search for a config file has led. */
export interface FoundConfig {
  /** The file in the folder, or in a parent up to the first that has a package.json. */
  readonly file: string | undefined;
  /** The nearest one above that, when none was found: it lies outside of the package and is not taken. */
  readonly above?: string;
}

/** Searches from a folder upwards. Throws `config.invalid` where one folder has several. */
export async function findConfig(cwd: string): Promise<FoundConfig> {
  const file = await search(cwd);
  if (file !== undefined) {
    const configs = await configsIn(path.dirname(file));
    if (configs.length > 1) throw severalConfigs(path.dirname(file), configs);
    return { file };
  }
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const [first] = await configsIn(folder);
    if (first !== undefined) return { file, above: path.join(folder, first) };
    if (folder === path.dirname(folder)) return { file };
  }
}

/** cosmiconfig reads whatever has one of the names, and would wait for a pipe. */
async function refusePipes(cwd: string): Promise<void> {
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    for (const place of searchPlaces) {
      const file = path.join(folder, place);
      const status = await stat(file).catch(() => undefined);
      if (status && !status.isFile() && !status.isDirectory()) throw unreadableConfig(file, new Error(notRegular));
      if (status && place === "package.json") return;
    }
    if (folder === path.dirname(folder)) return;
  }
}

async function search(cwd: string): Promise<string | undefined> {
  await refusePipes(cwd);
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

/** The config files that lie in a folder, by name. */
export async function configsIn(folder: string): Promise<string[]> {
  const there = new Set(await readdir(folder).catch(() => []));
  const files = searchPlaces.filter((place) => place !== "package.json" && there.has(place));
  if (!there.has("package.json")) return files;
  const manifest = parsed(await readFile(path.join(folder, "package.json"), "utf8").catch(() => "{}"));
  return manifest[moduleName] === undefined ? files : [...files, "package.json"];
}

/** cosmiconfig looks into package.json for options of its own as soon as it is set up, and throws when that is broken. */
async function brokenManifest(thrown: unknown): Promise<Error> {
  const file = path.resolve("package.json");
  await parseYamlFile(await readFile(file, "utf8").catch(() => ""), "package.json");
  return unreadableConfig(file, thrown);
}

/** How often files are imported at most: of a few that import each other twice there would be millions. */
const mostImports = 256;

/** A file that is being read, and by way of which. */
interface Reading {
  readonly baseDir: string;
  /** How an error calls a file. */
  readonly where: (file: string) => string;
  /** Is told of every file of code that is imported: it runs. */
  readonly onCode: (file: string, importer: string) => void;
}

/** The layers of a config file, imported ones first. */
export async function readLayers(file: string, reading: Reading): Promise<Layer[]> {
  let imports = 0;
  const count = (importer: string) => {
    if (++imports > mostImports) throw tooManyImports(reading.where(importer), mostImports);
  };
  return layersOf(file, reading, [], count);
}

async function layersOf(
  file: string,
  reading: Reading,
  importers: readonly string[],
  count: (importer: string) => void,
): Promise<Layer[]> {
  const { baseDir, where, onCode } = reading;
  if (importers.includes(file)) throw circularImport([...importers.slice(importers.indexOf(file)), file].map(where));
  const { $import: imports = [], $schema: _, sweep: _plan, ...values } = await readMap(file, where(file));
  const layers: Layer[] = [];
  for (const imported of Array.isArray(imports) ? imports : [imports]) {
    if (typeof imported !== "string") {
      throw invalidValue(`${where(file)}: $import`, "a path or a list of paths", imported);
    }
    const next = path.resolve(path.dirname(file), imported);
    count(file);
    if (isCode(next)) onCode(next, file);
    layers.push(
      ...(await layersOf(next, reading, [...importers, file], count).catch((error: unknown) => {
        throw isMissing(error, next) ? configNotFound(`${where(file)}: $import`, imported) : error;
      })),
    );
  }
  return [...layers, { values, source: file, pluginName: (name) => movedPath(name, path.dirname(file), baseDir) }];
}

/** Bytes of a config file, values in it, and maps or lists within each other. It is written by hand. */
const largestConfig = 4 << 20;
const mostValues = 20_000;
const deepestConfig = 64;

/** What a file of keys says (YAML, JSON, or a module's default export); `{}` for one that is empty. `name` is for errors. */
export async function readMap(file: string, name: string): Promise<Record<string, unknown>> {
  const text = await textOf(file).catch((error: unknown) => {
    throw isMissing(error, file) ? error : unreadableConfig(name, error);
  });
  const value = (await contents(file, text, name)) ?? {};
  if (!isPlainObject(value)) throw invalidValue(name, "a map of keys", value);
  checkSize(value, name);
  return value;
}

/** The text of a regular file: a pipe would be waited for, a device might never end. */
async function textOf(file: string): Promise<string> {
  const status = await stat(file);
  if (!status.isFile()) throw new Error(notRegular);
  if (status.size > largestConfig) throw new Error(`it is larger than ${largestConfig >> 20} MiB`);
  return readFile(file, "utf8");
}

async function contents(file: string, text: string, name: string): Promise<unknown> {
  if (path.basename(file) === "package.json") {
    const manifest = await parseYamlFile(text, name);
    return isPlainObject(manifest) ? manifest[moduleName] : manifest;
  }
  if (!isCode(file)) return parseYamlFile(text, name);
  const module = await importModule(file).catch((thrown: unknown) => {
    throw unreadableConfig(name, thrown);
  });
  if (!("default" in module)) throw invalidValue(name, "a default export", Object.keys(module));
  return defaultExport(module);
}

/** Whether reading a config file runs it. */
function isCode(file: string): boolean {
  return extensions.includes(path.extname(file).slice(1));
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(text);
    return isPlainObject(manifest) ? manifest : {};
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

/**
 * Throws `config.invalid` for a value that contains itself, or more than anybody writes: an anchor of YAML counts as often as it is
 * named, so that a few lines can stand for millions of values.
 */
function checkSize(root: unknown, name: string): void {
  let values = 0;
  const walk = (value: unknown, keys: readonly string[], above: readonly unknown[]): void => {
    if (above.includes(value)) throw invalidValue(place(keys), "a value", "one that contains itself");
    if (++values > mostValues) throw configTooLarge(name, `${mostValues} values`);
    if (!Array.isArray(value) && !isPlainObject(value)) return;
    if (above.length >= deepestConfig) throw configTooLarge(name, `${deepestConfig} maps or lists within each other`);
    for (const [key, child] of Object.entries(value)) walk(child, [...keys, key], [...above, value]);
  };
  const place = (keys: readonly string[]) => `${name}: ${formatKeyPath(keys)}`;
  walk(root, [], []);
}
