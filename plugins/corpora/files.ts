/** How corpora find and read files. */
import { readFile, stat } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { glob, isDynamicPattern } from "tinyglobby";
import { z } from "zod";
import { invalidData, reasonOf, shown } from "../../core/errors/errors.ts";

/** The option `files`: one path, glob or folder, or a list of them. */
export const filesOption = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .describe("A file, folder (searched recursively) or glob, or a list of them; relative to the config file.");

/** A file to read. */
export interface SourceFile {
  readonly path: string;
  /** Relative to the config file, with `/`: for messages and run.json. */
  readonly shown: string;
}

/**
 * The files that are meant, each once, sorted by `shown` in code point order. A folder stands for the files in it with one of
 * `extensions`; a name or a glob takes any file. `where` is the option's key path.
 */
export async function findFiles(
  wanted: string | readonly string[],
  baseDir: string,
  extensions: readonly string[],
  where: string,
): Promise<readonly SourceFile[]> {
  const found = new Map<string, SourceFile>();
  for (const name of typeof wanted === "string" ? [wanted] : wanted) {
    for (const path of await pathsOf(name, baseDir, extensions, where)) {
      found.set(path, { path, shown: shownFrom(baseDir, path) });
    }
  }
  return [...found.values()].sort((a, b) => (a.shown < b.shown ? -1 : 1));
}

async function pathsOf(name: string, baseDir: string, extensions: readonly string[], where: string) {
  const path = resolve(baseDir, name);
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile()) return [path];
  const folder = status?.isDirectory() === true;
  if (!folder && !isDynamicPattern(name)) throw invalidData(where, `no such file or folder: ${path}.`);
  const patterns = folder ? extensions.map((end) => `**/*${end}`) : [name];
  const cwd = folder ? path : baseDir;
  const paths = await glob(patterns, { cwd, absolute: true, expandDirectories: false });
  if (paths.length > 0) return paths.map((one) => resolve(one));
  if (folder) throw invalidData(where, `no ${extensions.join(", ")} file in the folder ${path}.`);
  throw invalidData(where, `no file matches the glob ${shown(name)} in ${resolve(baseDir)}.`);
}

/** The file's bytes; of a `.gz`, what it unpacks to. */
export async function readBytes(file: SourceFile): Promise<Buffer> {
  const bytes = await readFile(file.path).catch((thrown) => {
    throw invalidData(file.shown, `cannot be read: ${reasonOf(thrown)}.`, thrown);
  });
  if (!file.path.endsWith(".gz")) return bytes;
  return promisify(gunzip)(bytes).catch((thrown) => {
    throw invalidData(file.shown, `damaged gzip: ${reasonOf(thrown)}.`, thrown);
  });
}

/** What run.json says about the files: how many, their bytes, and the first of their names. */
export function filesSource(files: readonly SourceFile[], bytes: number): Readonly<Record<string, unknown>> {
  return { files: files.length, bytes, names: files.slice(0, 20).map((file) => file.shown) };
}

function shownFrom(baseDir: string, path: string): string {
  return relative(resolve(baseDir), path).split(sep).join("/");
}
