/**
 * The files of a run directory, found so that nothing in it leads elsewhere. Directories come from anywhere: a name in one may be
 * a link to somebody's key, a pipe that never ends, or a device.
 */
import fs from "node:fs";
import path from "node:path";
import { ioFailed, notOwnFile } from "../errors/errors.ts";
import { kindOf, readRegularText, UnfitFile } from "./regular-file.ts";

/**
 * The path of something in a run directory after all links, or undefined when nothing is there. Throws `run.damaged` when it
 * leads out of the directory, or is not of the `kind` that it should be.
 */
export function ownPath(dir: string, name: string, kind: "file" | "folder" = "file"): string | undefined {
  const asked = path.resolve(dir, name);
  try {
    const root = fs.realpathSync.native(dir);
    const real = fs.realpathSync.native(asked);
    if (!isWithin(root, real))
      throw notOwnFile(asked, `a ${kind} of its own`, "a link that leads out of the directory");
    const status = fs.statSync(real);
    if (kind === "file" ? status.isFile() : status.isDirectory()) return real;
    throw notOwnFile(asked, `a ${kind}`, kindOf(status));
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // A link to nothing is still a name that a writer would follow.
    if (code === "ENOENT" && !isLink(asked)) return undefined;
    if (code === "ENOENT") throw notOwnFile(asked, `a ${kind}`, "a link to something that is not there");
    if (code === "ELOOP" || code === "ENOTDIR") throw ioFailed(asked, "read", thrown);
    throw thrown;
  }
}

/**
 * Makes `root/name` and what is missing above it; returns its path. Throws `run.damaged`, before anything is
 * made, where a name on the way is a link that leads out of `root`.
 */
export function makeOwnFolder(root: string, name: string): string {
  let at = root;
  if (!fs.existsSync(root)) fs.mkdirSync(root, { recursive: true });
  for (const part of name.split(/[/\\]/)) {
    at = path.join(at, part);
    if (ownPath(root, at, "folder") !== undefined) continue;
    try {
      fs.mkdirSync(at);
    } catch (thrown) {
      if (ownPath(root, at, "folder") === undefined) throw thrown; // another process may have made it meanwhile
    }
  }
  return at;
}

/** Whether a path is a folder or lies below it; both without links. */
export function isWithin(folder: string, inner: string): boolean {
  const relative = path.relative(folder, inner);
  return relative === "" || (!relative.startsWith(`..${path.sep}`) && relative !== ".." && !path.isAbsolute(relative));
}

/** The text of a file of a run directory; undefined when it is not there. Throws `run.damaged`, also for one above `limit` bytes. */
export function ownText(dir: string, name: string, limit: number): string | undefined {
  const real = ownPath(dir, name);
  if (real === undefined) return undefined;
  try {
    return readRegularText(real, limit);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (thrown instanceof UnfitFile) throw notOwnFile(path.join(dir, name), "a file", thrown.got);
    throw thrown;
  }
}

function isLink(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** What stands at a path that is to be written to; undefined when nothing does. Throws unless it is a file: a link would be written through, a pipe would wait. */
export function plainFile(file: string): fs.Stats | undefined {
  const found = fs.lstatSync(file, { throwIfNoEntry: false });
  if (found && !found.isFile()) throw notOwnFile(file, "a file", found.isSymbolicLink() ? "a link" : kindOf(found));
  return found;
}
