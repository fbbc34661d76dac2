/** Files that are read at places: a few stay open, however many there are. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { invalidData, reasonOf } from "../../core/errors/errors.ts";
import type { SourceFile } from "./files.ts";

/** Bytes by position. */
export interface Bytes {
  readonly size: number;
  /** These bytes, which must be there, in memory of their own. */
  read(offset: number, length: number): ArrayBuffer;
}

export function bytesInMemory(buffer: Buffer): Bytes {
  return {
    size: buffer.length,
    read: (offset, length) => new Uint8Array(buffer.subarray(offset, offset + length)).buffer,
  };
}

/** Throws `data.invalid` when the file cannot be read, or is not what it was when this was called. */
export function bytesOnDisk({ path, shown }: SourceFile): Bytes {
  const key = Symbol(path);
  const known = look(key, path, shown);
  return {
    size: known.size,
    read(offset, length) {
      const descriptor = open.get(key) ?? again(key, path, shown, known);
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const count = tried(shown, () => readSync(descriptor, bytes, filled, length - filled, offset + filled));
        if (count === 0)
          throw invalidData(shown, `it ends after ${offset + filled} of ${known.size} bytes, ${changed}`);
        filled += count;
      }
      return bytes.buffer;
    },
  };
}

const changed = "and did not when it was opened. Leave a corpus alone while it is in use.";

/** Descriptors, the one opened last at the end. */
const open = new Map<symbol, number>();
const mostOpen = 32;

interface Known {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

function look(key: symbol, path: string, shown: string): Known {
  const descriptor = tried(shown, () => openSync(path, "r"));
  open.set(key, descriptor);
  for (const [other, one] of open) {
    if (open.size <= mostOpen) break;
    open.delete(other);
    closeSync(one);
  }
  const { size, mtimeMs, ino } = fstatSync(descriptor);
  return { size, mtimeMs, ino };
}

function again(key: symbol, path: string, shown: string, known: Known): number {
  const now = look(key, path, shown);
  if (now.size !== known.size || now.mtimeMs !== known.mtimeMs || now.ino !== known.ino)
    throw invalidData(shown, `it is another file than the one that was opened, ${changed}`);
  return open.get(key)!;
}

function tried<T>(shown: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw invalidData(shown, `cannot be read: ${reasonOf(thrown)}.`, thrown);
  }
}
