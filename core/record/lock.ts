/** One writer a run directory: `lock.json` says which process it is, and is taken over when that process is gone. */
import { createHash, randomBytes } from "node:crypto";
import { lstatSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { notOwnFile, runInUse, runLockedElsewhere, runTaken } from "../errors/errors.ts";
import { readRegularText } from "../files/regular-file.ts";
import { sweepDebris } from "./debris.ts";
import { attempt, type Disk, nodeDisk, removeQuietly, writeSynced } from "./disk.ts";
import { files } from "./format.ts";
import { silence, startHeartbeat } from "./heartbeat.ts";
import { type Liveness, livenessOf, type ProcessIdentity, thisProcess } from "./process-identity.ts";

/** lock.json. */
interface LockFile extends ProcessIdentity {
  /** When it was taken, ms since 1970. */
  readonly since: number;
  /** Makes every lock's text unique. */
  readonly nonce: string;
  /** Its owner gives signs of life; see `startHeartbeat`. */
  readonly beats?: boolean;
  /** What it is held for; absent where the run trains. */
  readonly task?: LockTask | undefined;
}

/** What a lock may be held for beside training: `sync` sends what is on disk and changes nothing of the run. */
export type LockTask = "sync";

/** A run directory's lock, held. */
export interface Lock {
  /** Throws `run.taken` when the lock is another process's by now, or the directory is gone: nothing may be written any more. */
  check(): void;
  /** Gives the directory free; never throws, and does nothing when another process has taken the lock over. */
  release(): void;
}

export interface LockOptions {
  readonly disk?: Disk;
  /** The user knows that an owner who cannot be seen from here is gone: do not wait until it has been silent for long. */
  readonly takeOver?: boolean | undefined;
  readonly task?: LockTask;
}

/** Takes the lock of a run directory. Throws `run.inUse` when its process lives, or may live where it cannot be seen from here. */
export function takeLock(dir: string, now: number, options: LockOptions = {}): Lock {
  const { disk = nodeDisk, takeOver = false, task } = options;
  const path = join(dir, files.lock);
  const lock: LockFile = { ...thisProcess(), since: now, nonce: randomBytes(8).toString("hex"), beats: true, task };
  const text = `${JSON.stringify(lock)}\n`;
  const aside = `${path}.${lock.nonce}.partial`;
  attempt(path, "write", () => {
    try {
      take(path, text, aside, disk, takeOver);
    } finally {
      removeQuietly(aside, disk);
    }
  });
  sweepDebris(dir, disk);
  const { ino, birthtimeMs } = statSync(path);
  const stop = startHeartbeat(path, text);
  return {
    check: () => {
      const found = statSync(path, { throwIfNoEntry: false });
      // Numbers are given again to new files; where a birth is not told, the text decides.
      if (found?.ino === ino && found.birthtimeMs === birthtimeMs) return;
      if (found === undefined || textOf(path) !== text) throw runTaken(dir, found !== undefined);
    },
    release: () => {
      stop();
      try {
        if (textOf(path) === text) removeQuietly(path, disk);
      } catch {
        // A lock that cannot be read is told stale by its dead process.
      }
    },
  };
}

/** Whether a process holds a run directory; `none` when it has no lock. One that gave a sign just now counts as live. */
export function lockState(dir: string): Liveness | "none" {
  return stateOf(join(dir, files.lock), () => true);
}

/** `lockState` of a process that trains: one that only syncs the run does not make it a running one. */
export function trainerState(dir: string): Liveness | "none" {
  return stateOf(join(dir, files.lock), (lock) => lock.task === undefined);
}

function stateOf(path: string, counts: (lock: LockFile) => boolean): Liveness | "none" {
  const text = textOf(path);
  if (text === undefined) return "none";
  const { lock, liveness } = holderOf(text);
  if (lock !== undefined && !counts(lock)) return "none";
  if (liveness !== "elsewhere" || !lock?.beats) return liveness;
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.abs(age) <= silence ? "live" : "elsewhere";
}

/**
 * A link is made only where no name was, and with its content whole. To take over from a process that is gone one must
 * first hold the claim on that very lock (named by its hash, and taken in this same way); the holder of the claim alone may
 * rename its own lock over the old one. So of several processes that find a dead lock exactly one gets the directory.
 */
function take(path: string, text: string, aside: string, disk: Disk, takeOver: boolean): void {
  const writeAside = () => {
    removeQuietly(aside, disk); // never through a link that it may share with a claim
    writeSynced(aside, text, disk);
  };
  for (;;) {
    writeAside();
    if (linked(aside, path, text, disk)) return;
    const found = wholeTextOf(path);
    if (found === undefined) continue;
    const { lock, liveness } = holderOf(found);
    if (liveness === "live") throw runInUse(dirname(path), lock?.pid, lock?.since, lock?.task);
    if (liveness === "elsewhere" && !takeOver) {
      // Both times are the file system's own, so that the clocks of the two machines do not matter.
      const age = statSync(aside).mtimeMs - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
      if (!lock?.beats || age < silence) {
        throw runLockedElsewhere(dirname(path), lock?.since, lock?.beats ? { age, silence } : undefined);
      }
    }
    const claim = `${path}.${createHash("sha256").update(found).digest("hex").slice(0, 16)}`;
    take(claim, text, aside, disk, takeOver);
    const unchanged = textOf(path) === found;
    if (unchanged) {
      writeAside();
      disk.renameSync(aside, path);
    }
    removeQuietly(claim, disk);
    if (unchanged) return;
  }
}

function linked(from: string, to: string, text: string, disk: Disk): boolean {
  try {
    disk.linkSync(from, to);
    return true;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS" && code !== "EMLINK") throw thrown;
    return createdExclusively(to, text, disk);
  }
}

/** For file systems without hard links (exFAT, some network shares): others see the file before its content. */
function createdExclusively(path: string, text: string, disk: Disk): boolean {
  try {
    const file = disk.openSync(path, "wx");
    try {
      disk.writeSync(file, Buffer.from(text));
    } finally {
      disk.closeSync(file);
    }
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  }
  return textOf(path) === text; // one that wrote for longer than `writing` may have lost its place
}

/** The longest that the content of a lock may take from its name's appearance to its own, ms. */
const writing = 5_000;

/** The text of a lock; one that is not whole is given time, as its owner may be about to write it. */
function wholeTextOf(path: string): string | undefined {
  const begun = performance.now();
  for (;;) {
    const text = textOf(path);
    if (text === undefined || lockIn(text) !== undefined) return text;
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (performance.now() - begun > writing || Math.abs(age) > silence) return text;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}

/** A text that is no lock (a disk that was full, an editor) holds nothing. */
function holderOf(text: string): { readonly lock?: LockFile; readonly liveness: Liveness } {
  const lock = lockIn(text);
  return lock === undefined ? { liveness: "gone" } : { lock, liveness: livenessOf(lock) };
}

function lockIn(text: string): LockFile | undefined {
  try {
    const lock = JSON.parse(text) as LockFile;
    const named = Number.isInteger(lock.pid) && lock.pid > 0 && typeof lock.machine === "string";
    return named && Math.abs(lock.since) <= 8.64e15 ? lock : undefined; // what a Date can hold
  } catch {
    return undefined;
  }
}

const largestLock = 65536;

function textOf(path: string): string | undefined {
  try {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    if (!status.isFile() || status.size > largestLock) throw notOwnFile(path, "a small file", "something else");
    return readRegularText(path, largestLock);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}
