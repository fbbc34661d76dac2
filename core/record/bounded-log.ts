/** A file of lines that stays small, however long a run is: where it grows too large, some lines are let go. */
import { closeSync, lstatSync, openSync, readSync } from "node:fs";
import { plainFile } from "../files/own-file.ts";
import { attempt, type Disk, nodeDisk, replaceFile, writeAll } from "./disk.ts";

export interface BoundedLog {
  /** Adds lines, each ended by a newline. Throws `run.io`. */
  append(lines: string): void;
}

/** Opened for each line: they come seconds apart, and somebody may have taken the file away in between. */
export function boundedLog(
  path: string,
  largest: number,
  keep: (lines: readonly string[]) => readonly string[],
  disk: Disk = nodeDisk,
): BoundedLog {
  return {
    append(lines) {
      attempt(path, "write", () => {
        const found = plainFile(path);
        if ((found?.size ?? 0) > largest) {
          const kept = keep(lastLines(path, 2 * largest));
          replaceFile(path, kept.map((line) => `${line}\n`).join(""), disk);
        }
        const file = disk.openSync(path, "a");
        try {
          writeAll(file, Buffer.from(lines), disk);
        } finally {
          disk.closeSync(file);
        }
      });
    },
  };
}

/** Whole lines among the last `most` bytes of a file, oldest first; none where it is not there, or is no file. */
export function lastLines(path: string, most: number): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) return [];
  const bytes = Buffer.alloc(Math.min(found.size, most));
  const file = openSync(path, "r");
  try {
    readSync(file, bytes, 0, bytes.length, found.size - bytes.length);
  } finally {
    closeSync(file);
  }
  return bytes
    .toString("utf8")
    .split("\n")
    .slice(bytes.length < found.size ? 1 : 0, -1);
}

/** Every second line: the past grows coarse, and none of it is lost. */
export function thinned(lines: readonly string[]): readonly string[] {
  return lines.filter((_, i) => i % 2 === 0);
}

/** The newer half. */
export function newerHalf(lines: readonly string[]): readonly string[] {
  return lines.slice(Math.ceil(lines.length / 2));
}
