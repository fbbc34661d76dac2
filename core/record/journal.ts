/** A file of lines that only grows: what has been appended is with the operating system and survives SIGKILL. */
import { fstatSync, readSync, statSync } from "node:fs";
import { recordRemoved } from "../errors/errors.ts";
import { plainFile } from "../files/own-file.ts";
import { attempt, type Disk, nodeDisk, writeAll } from "./disk.ts";

export interface Journal {
  /**
   * Adds lines, each ended by a newline, in one write. All of them or, with an error `run.io`, none. `run.removed` when the file was
   * taken away, or cut short, by somebody else: what it held is lost, and these lines begin a new one.
   */
  append(lines: string): void;
  /** Forces everything to the disk and closes the file. Throws `run.removed`, too. */
  close(): void;
}

/** Opens or makes a journal; a last line without its newline, torn by a crash, is cut off. */
export function openJournal(path: string, disk: Disk = nodeDisk): Journal {
  let { file, size } = opened(path, disk);
  let torn = false;
  let closed = false;

  /** Takes a line that was written in part back out, now or, while the disk refuses, before the next line. */
  function mend(): void {
    disk.ftruncateSync(file, size);
    torn = false;
  }

  /** Goes on in the file that now stands under the name, where it is another one (an editor saved it); whether what was written is lost. */
  function follow(): boolean {
    const [own, found] = [fstatSync(file), statSync(path, { throwIfNoEntry: false })];
    const lost = found === undefined || found.size < size;
    if (!lost && found.ino === own.ino && found.dev === own.dev) return false;
    const old = file;
    ({ file, size } = opened(path, disk)); // where this throws, the old one stays open: its number must be nobody else's
    torn = false;
    disk.closeSync(old);
    return lost;
  }

  function add(bytes: Uint8Array): void {
    if (torn) mend();
    torn = true;
    try {
      writeAll(file, bytes, disk);
    } catch (thrown) {
      try {
        mend();
      } catch {
        // Still torn: the next append, or the next open, cuts it off.
      }
      throw thrown;
    }
    torn = false;
    size += bytes.length;
  }

  return {
    append(lines) {
      const bytes = Buffer.from(lines);
      attempt(path, "write", () => {
        const lost = follow();
        add(bytes);
        if (lost) throw recordRemoved(path);
      });
    },
    close() {
      if (closed) return;
      closed = true;
      attempt(path, "close", () => {
        try {
          if (torn) mend();
          if (follow()) throw recordRemoved(path);
          disk.fsyncSync(file);
        } finally {
          disk.closeSync(file);
        }
      });
    },
  };
}

function opened(path: string, disk: Disk): { file: number; size: number } {
  const file = attempt(path, "open", () => {
    plainFile(path);
    return disk.openSync(path, "a+");
  });
  return attempt(path, "repair", () => {
    const size = endOfLastLine(file);
    disk.ftruncateSync(file, size);
    return { file, size };
  });
}

const newline = 0x0a;

/** Looks for the last newline from the end backwards. */
function endOfLastLine(file: number): number {
  const block = Buffer.alloc(65536);
  for (let end = fstatSync(file).size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const read = readSync(file, block, 0, end - start, start);
    const at = block.subarray(0, read).lastIndexOf(newline);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}
