/** The end of rows.jsonl, without reading the rest. */
import { closeSync, fstatSync, readSync } from "node:fs";
import { join } from "node:path";
import { ioFailed, notOwnFile } from "../errors/errors.ts";
import { openRegular, UnfitFile } from "../files/regular-file.ts";
import { files, type StoredRow } from "./format.ts";
import { parseRow } from "./lines.ts";

const newline = 0x0a;

/** The last row on record; undefined when there is none. The last line always counts: nothing later supersedes it. */
export function lastRow(dir: string): StoredRow | undefined {
  for (const line of linesBackwards(join(dir, files.rows))) {
    const row = parseRow(line);
    if (row) return row;
  }
  return undefined;
}

/**
 * Whole lines, last one first; a torn one at the end is left out. A file that is not there has none. Synchronous: of ten thousand
 * runs a few lines each are asked for, and a promise costs more than such a read.
 */
export function* linesBackwards(path: string): Generator<string> {
  const file = opened(path);
  if (file === undefined) return;
  try {
    let rest: Buffer | undefined; // the end of a line that begins further ahead; undefined before the last newline is found
    let size = firstBlock;
    for (let end = fstatSync(file).size; end > 0; size = Math.min(largestBlock, 2 * size)) {
      const start = Math.max(0, end - size);
      const bytes = Buffer.allocUnsafe(end - start);
      let block = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
      end = start;
      if (rest === undefined) {
        const last = block.lastIndexOf(newline);
        if (last < 0) continue;
        block = block.subarray(0, last);
      } else block = Buffer.concat([block, rest]);
      for (let at = block.lastIndexOf(newline); at >= 0; at = block.lastIndexOf(newline)) {
        yield block.toString("utf8", at + 1);
        block = block.subarray(0, at);
      }
      rest = block;
    }
    if (rest !== undefined) yield rest.toString("utf8");
  } finally {
    closeSync(file);
  }
}

/** Bytes: enough for the last rows of most runs, then more at a time for lines that are long. */
const firstBlock = 8192;
const largestBlock = 1 << 20;

function opened(path: string): number | undefined {
  try {
    return openRegular(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown instanceof UnfitFile ? notOwnFile(path, "a file", thrown.got) : ioFailed(path, "read", thrown);
  }
}
