/** A file of lines, read forwards in pieces that end with a line. */
import type { FileHandle } from "node:fs/promises";
import { ioFailed, notOwnFile } from "../errors/errors.ts";
import { openRegularHandle, UnfitFile } from "../files/regular-file.ts";

const chunkSize = 1 << 20;
const newline = 0x0a;

/** Whole lines of a file: the bytes are good until the next piece is asked for. */
export interface Chunk {
  readonly bytes: Buffer;
  /** Where the bytes begin in the file. */
  readonly offset: number;
}

/**
 * Whole lines from byte `from` on, up to `to` (default: the end as it is now). What follows the last newline is left for a
 * later call; a file that is not there is an empty one. Returns the offset after the last newline.
 */
export async function* lineChunks(path: string, from = 0, to?: number): AsyncGenerator<Chunk, number> {
  const file = await opened(path);
  if (!file) return from;
  try {
    const end = to ?? (await file.stat()).size;
    let buffer = Buffer.allocUnsafe(Math.max(1, Math.min(chunkSize, end - from)));
    let offset = from; // of the buffer's first byte
    let pending = 0; // bytes in the buffer, all of one unfinished line
    while (offset + pending < end) {
      if (pending === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
      const room = Math.min(buffer.length - pending, end - offset - pending);
      const { bytesRead } = await file.read(buffer, pending, room, offset + pending);
      if (bytesRead === 0) break;
      const filled = pending + bytesRead;
      const whole = buffer.subarray(0, filled).lastIndexOf(newline) + 1;
      if (whole > 0) yield { bytes: buffer.subarray(0, whole), offset };
      buffer.copyWithin(0, whole, filled);
      offset += whole;
      pending = filled - whole;
    }
    return offset;
  } finally {
    await file.close();
  }
}

/** The file's size now; 0 when it is not there. */
export async function sizeOfFile(path: string): Promise<number> {
  const file = await opened(path);
  if (!file) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    return await openRegularHandle(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown instanceof UnfitFile ? notOwnFile(path, "a file", thrown.got) : ioFailed(path, "read", thrown);
  }
}
