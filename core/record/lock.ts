/** One writer a run directory: `lock.json` says which process it is, and is taken over when that process is gone. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runInUse, runLockedElsewhere } from "../errors/errors.ts";
import { attempt, type Disk, nodeDisk, removeQuietly, writeSynced } from "./disk.ts";
import { files } from "./format.ts";
import { type Liveness, livenessOf, type ProcessIdentity, thisProcess } from "./process-identity.ts";

/** lock.json. */
interface LockFile extends ProcessIdentity {
  /** When it was taken, ms since 1970. */
  readonly since: number;
  /** Makes every lock's text unique. */
  readonly nonce: string;
}

/** A run directory's lock, held. */
export interface Lock {
  /** Gives the directory free; never throws, and does nothing when another process has taken the lock over. */
  release(): void;
}

/** Takes the lock of a run directory. Throws `run.inUse` when its process lives or cannot be seen from here. */
export function takeLock(dir: string, now: number, disk: Disk = nodeDisk): Lock {
  const path = join(dir, files.lock);
  const lock: LockFile = { ...thisProcess(), since: now, nonce: randomBytes(8).toString("hex") };
  const text = `${JSON.stringify(lock)}\n`;
  const aside = `${path}.${lock.nonce}.partial`;
  attempt(path, "write", () => {
    try {
      take(path, text, aside, disk);
    } finally {
      removeQuietly(aside, disk);
    }
  });
  return {
    release: () => {
      try {
        if (textOf(path) === text) removeQuietly(path, disk);
      } catch {
        // A lock that cannot be read is told stale by its dead process.
      }
    },
  };
}

/** Whether a process holds a run directory; `none` when it has no lock. */
export function lockState(dir: string): Liveness | "none" {
  const text = textOf(join(dir, files.lock));
  return text === undefined ? "none" : holderOf(text).liveness;
}

/**
 * A link is made only where no name was, and with its content whole. To take over from a process that is gone one must
 * first hold the claim on that very lock (named by its hash, and taken in this same way); the holder of the claim alone may
 * rename its own lock over the old one. So of several processes that find a dead lock exactly one gets the directory.
 */
function take(path: string, text: string, aside: string, disk: Disk): void {
  const writeAside = () => {
    removeQuietly(aside, disk); // never through a link that it may share with a claim
    writeSynced(aside, text, disk);
  };
  for (;;) {
    writeAside();
    if (linked(aside, path, disk)) return;
    const held = textOf(path);
    if (held === undefined) continue;
    const { lock, liveness } = holderOf(held);
    if (liveness === "live") throw runInUse(dirname(path), lock?.pid, lock?.since);
    if (liveness === "elsewhere") throw runLockedElsewhere(dirname(path), path, lock?.since);
    const claim = `${path}.${createHash("sha256").update(held).digest("hex").slice(0, 16)}`;
    take(claim, text, aside, disk);
    const unchanged = textOf(path) === held;
    if (unchanged) {
      writeAside();
      disk.renameSync(aside, path);
    }
    removeQuietly(claim, disk);
    if (unchanged) return;
  }
}

function linked(from: string, to: string, disk: Disk): boolean {
  try {
    disk.linkSync(from, to);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw thrown;
    return createdExclusively(from, to, disk);
  }
}

/** For file systems without hard links (exFAT, some network shares). */
function createdExclusively(from: string, to: string, disk: Disk): boolean {
  try {
    const file = disk.openSync(to, "wx");
    try {
      disk.writeSync(file, readFileSync(from));
    } finally {
      disk.closeSync(file);
    }
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  }
}

/** A text that is no lock (a disk that was full, an editor) holds nothing. */
function holderOf(text: string): { readonly lock?: LockFile; readonly liveness: Liveness } {
  try {
    const lock = JSON.parse(text) as LockFile;
    const valid =
      Number.isInteger(lock.pid) && lock.pid > 0 && typeof lock.machine === "string" && Math.abs(lock.since) <= 8.64e15; // what a Date can hold
    return valid ? { lock, liveness: livenessOf(lock) } : { liveness: "gone" };
  } catch {
    return { liveness: "gone" };
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}
