/** How corpora find files: each once, whatever the ways it is named in. */
import { realpath, stat } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
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
  /** Bytes on disk. */
  readonly size: number;
}

export interface FoundFiles {
  readonly files: readonly SourceFile[];
  /** A line for each kind of what was passed over: other names of a file that is there already, files of other kinds. */
  readonly notes: readonly string[];
}

/**
 * The files that are meant, sorted by `shown` in code point order. One that is there under several names (symbolic or hard
 * links) counts once. A folder stands for the files in it with one of `extensions`, in upper or lower case; a name or a glob
 * takes any file. `where` is the option's key path.
 */
export async function findFiles(
  wanted: string | readonly string[],
  baseDir: string,
  extensions: readonly string[],
  where: string,
): Promise<FoundFiles> {
  const named = new Set<string>();
  const others = new Set<string>();
  for (const name of typeof wanted === "string" ? [wanted] : wanted) {
    const found = await pathsOf(name, baseDir, extensions, where);
    for (const path of found.paths) named.add(path);
    for (const path of found.others) others.add(path);
  }
  const inOrder = [...named]
    .map((path) => ({ path, shown: shownFrom(baseDir, path) }))
    .sort((a, b) => (a.shown < b.shown ? -1 : 1));
  const files: SourceFile[] = [];
  const links: string[] = [];
  const seen = new Map<string, string>();
  for (const { path, shown: name } of inOrder) {
    const status = await stat(path, { bigint: true }).catch((thrown) => {
      throw invalidData(name, `cannot be read: ${reasonOf(thrown)}.`, thrown);
    });
    // Where a file system has no inode numbers the resolved path has to do.
    const identity = status.ino === 0n ? await realpath(path) : `${status.dev}:${status.ino}`;
    const first = seen.get(identity);
    if (first !== undefined) links.push(`${name} is ${first}`);
    else files.push({ path, shown: name, size: Number(status.size) });
    seen.set(identity, first ?? name);
  }
  const unread = [...others].filter((path) => !named.has(path)).map((path) => shownFrom(baseDir, path));
  const notes = [
    ...passedOver(links, "the same file under another name"),
    ...passedOver(unread.sort(), `of another kind than ${extensions.join(", ")} (name it, or a glob, to read it)`),
  ];
  return { files, notes };
}

/** One line for files that are counted once; none when there are none. */
export function passedOver(pairs: readonly string[], why: string): string[] {
  if (pairs.length === 0) return [];
  const more = pairs.length > 3 ? `, and ${pairs.length - 3} more` : "";
  const what = pairs.length === 1 ? "1 file is" : `${pairs.length} files are`;
  return [`${what} left out, being ${why}: ${pairs.slice(0, 3).join(", ")}${more}.`];
}

/** The files that a name stands for, and those of a folder that it does not. */
async function pathsOf(name: string, baseDir: string, extensions: readonly string[], where: string) {
  const path = resolve(baseDir, name);
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile()) return { paths: [path], others: [] };
  const folder = status?.isDirectory() === true;
  if (!folder && !isDynamicPattern(name)) throw invalidData(where, `no such file or folder: ${path}.`);
  const cwd = folder ? path : baseDir;
  const pattern = folder ? "**/*" : name;
  const found = (await glob([pattern], { cwd, absolute: true, expandDirectories: false })).map((one) => resolve(one));
  const isMeant = (one: string) => !folder || extensions.some((end) => one.toLowerCase().endsWith(end));
  const paths = found.filter(isMeant);
  if (paths.length > 0) return { paths, others: found.filter((one) => !isMeant(one)) };
  if (folder) throw invalidData(where, `no ${extensions.join(", ")} file in the folder ${path}.`);
  throw invalidData(where, `no file matches the glob ${shown(name)} in ${resolve(baseDir)}.`);
}

/** What run.json says about the files: how many, their bytes, and the first of their names. */
export function filesSource(files: readonly SourceFile[], bytes: number): Readonly<Record<string, unknown>> {
  return { files: files.length, bytes, names: files.slice(0, 20).map((file) => file.shown) };
}

function shownFrom(baseDir: string, path: string): string {
  return relative(resolve(baseDir), path).split(sep).join("/");
}
