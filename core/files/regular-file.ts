/**
 * Files that may come from anybody. One that is a pipe or a device makes whoever opens it wait for ever, or never ends; one of gigabytes
 * takes the memory of whoever reads it whole.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** What stands at a path is no file, or too large a one; the message says what. */
export class UnfitFile extends Error {
  readonly got: string;
  constructor(got: string) {
    super(`expected a file, got ${got}`);
    this.name = "UnfitFile";
    this.got = got;
  }
}

const nonblocking = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0); // without it, opening a pipe waits

/** Opens a file for reading; the descriptor is the caller's to close. Throws UnfitFile, or what the system says. */
export function openRegular(path: string): number {
  const file = openSync(path, nonblocking);
  const status = fstatSync(file);
  if (status.isFile()) return file;
  closeSync(file);
  throw new UnfitFile(kindOf(status));
}

/** The same for reading in turns with others. */
export async function openRegularHandle(path: string): Promise<FileHandle> {
  const file = await open(path, nonblocking);
  const status = await file.stat();
  if (status.isFile()) return file;
  await file.close();
  throw new UnfitFile(kindOf(status));
}

/** The bytes of a file of at most `limit` bytes. Throws UnfitFile, or what the system says. */
export function readRegular(path: string, limit: number): Buffer {
  const file = openRegular(path);
  try {
    const { size } = fstatSync(file);
    if (size > limit) throw new UnfitFile(`${megabytes(size)}; the most is ${megabytes(limit)}`);
    const bytes = Buffer.allocUnsafe(size);
    let done = 0;
    for (let read = -1; read !== 0 && done < size; done += read) read = readSync(file, bytes, done, size - done, done);
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}

/** The same as text in UTF-8. */
export function readRegularText(path: string, limit: number): string {
  return readRegular(path, limit).toString("utf8");
}

/** What something is that is no file. */
export function kindOf(status: Stats): string {
  if (status.isDirectory()) return "a folder";
  if (status.isFIFO()) return "a pipe";
  if (status.isSocket()) return "a socket";
  return status.isFile() ? "a file" : "a device";
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 0)} MiB`;
}
