/** Writing that survives: whole files aside and renamed, folders synced, and one clear error when the disk refuses. */
import fs, { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ExperimentError, ioFailed } from "../errors/errors.ts";

/** The operations that change a run directory; a test fails any one of them, or stops at it as a killed process would. */
export type Disk = Pick<
  typeof fs,
  | "mkdirSync"
  | "openSync"
  | "writeSync"
  | "ftruncateSync"
  | "fsyncSync"
  | "closeSync"
  | "linkSync"
  | "renameSync"
  | "rmSync"
>;

/** Bytes that are read, written or hashed in one call: more than 2 GiB are refused by each. */
export const mostAtOnce = 2 ** 30;

/** The real one. */
export const nodeDisk: Disk = fs;

/** Does something with `path`; what the file system refuses becomes the error `run.io`. */
export function attempt<T>(path: string, does: string, action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof ExperimentError) throw thrown;
    throw ioFailed(path, does, thrown);
  }
}

/**
 * Makes a file, which must not be there yet (nor a link, which would be written through), and forces its bytes to the disk. The
 * folder's entry is not forced: see `syncDirectory`. The bytes may be in pieces.
 */
export function writeSynced(
  path: string,
  bytes: Uint8Array | string | readonly Uint8Array[],
  disk: Disk = nodeDisk,
): void {
  const whole = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  const file = disk.openSync(path, "wx");
  try {
    for (const piece of whole instanceof Uint8Array ? [whole] : whole) writeAll(file, piece, disk);
    disk.fsyncSync(file);
  } finally {
    disk.closeSync(file);
  }
}

/** Replaces a file so that a reader, or a crash at any moment, sees the old one or the new one and nothing between. */
export function replaceFile(path: string, bytes: Uint8Array | string, disk: Disk = nodeDisk): void {
  const aside = `${path}.${process.pid}.partial`;
  attempt(path, "write", () => {
    try {
      disk.rmSync(aside, { recursive: true, force: true });
      writeSynced(aside, bytes, disk);
      disk.renameSync(aside, path);
    } catch (thrown) {
      removeQuietly(aside, disk);
      throw thrown;
    }
    syncDirectory(dirname(path), disk);
  });
}

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` never returns from a file system that has a folder and
 * says that nothing can be below it, such as /proc.
 */
export function makeFolder(path: string, disk: Disk = nodeDisk, mode = 0o777): void {
  if (isFolder(path)) return;
  const missing = [resolve(path)];
  for (let above = dirname(missing[0]!); !fs.existsSync(above); above = dirname(above)) missing.push(above);
  for (const folder of missing.reverse()) {
    try {
      disk.mkdirSync(folder, mode);
    } catch (thrown) {
      if (!isFolder(folder)) throw thrown; // another process may have made it meanwhile
    }
  }
}

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Replaces a file in one step for readers, without waiting for the disk: for what can be made anew after a loss of power. */
export function swapFile(path: string, bytes: Uint8Array | string): void {
  const aside = `${path}.new`;
  fs.rmSync(aside, { recursive: true, force: true });
  fs.writeFileSync(aside, bytes, { flag: "wx" });
  fs.renameSync(aside, path);
}

/** Writes all of the bytes at the end of an open file; a short write goes on where it stopped. */
export function writeAll(file: number, bytes: Uint8Array, disk: Disk = nodeDisk): void {
  for (let done = 0; done < bytes.length; )
    done += disk.writeSync(file, bytes, done, Math.min(mostAtOnce, bytes.length - done));
}

/** The bytes of a file of any size: `readFileSync` takes none of 2 GiB. */
export function readWhole(path: string): Uint8Array {
  const file = openSync(path, "r");
  try {
    const bytes = new Uint8Array(fstatSync(file).size);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, Math.min(mostAtOnce, bytes.length - done), done);
      if (read === 0) return bytes.subarray(0, done);
      done += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** Forces a folder's entries (new names, renames) to the disk; Windows has no such thing and needs none. */
export function syncDirectory(path: string, disk: Disk = nodeDisk): void {
  if (process.platform === "win32") return;
  const folder = disk.openSync(path, "r");
  try {
    disk.fsyncSync(folder);
  } finally {
    disk.closeSync(folder);
  }
}

/** Removes a file or a folder where that is only tidying: a failure changes nothing. */
export function removeQuietly(path: string, disk: Disk = nodeDisk): void {
  try {
    disk.rmSync(path, { recursive: true, force: true });
  } catch {
    // What is left over is not part of the record: names on record are only made by a rename.
  }
}
