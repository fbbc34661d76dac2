/** A run directory with its lock held: made new, or opened again by a resume. */
import { randomInt } from "node:crypto";
import fs from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ioFailed, runInUse, runNotFound } from "../errors/errors.ts";
import { changedAt, unbornRuns } from "./debris.ts";
import { attempt, type Disk, makeFolder, nodeDisk, removeQuietly, syncDirectory } from "./disk.ts";
import { files, type RunFile } from "./format.ts";
import { type Lock, takeLock } from "./lock.ts";
import { readRunFile, writeRunFile } from "./run-file.ts";

/** A run directory that this process alone may write to. */
export interface RunDir {
  /** `20261123-215501-k3f9`: UTC, so that names sort by time, and four random characters. */
  readonly id: string;
  /** Absolute. */
  readonly path: string;
  /** Throws `run.taken` when the directory is another process's by now: nothing may be written any more. */
  check(): void;
  /** Replaces run.json; checks first. */
  write(run: RunFile): void;
  /** Gives the lock back; call it last. */
  release(): void;
  /** Instead of `release`, for a directory that did not become a run: removes it. */
  discard(): void;
}

/** What a test holds still. */
export interface RunDirOptions {
  /** ms since 1970; default now. */
  readonly now?: number;
  /** Name of the directory instead of one made from the time. */
  readonly id?: string;
  /** The characters after the time; default random ones. Called again when the directory is there already. */
  readonly suffix?: () => string;
  readonly disk?: Disk;
  /** Take the lock of an owner that cannot be seen from here at once; see `LockOptions`. */
  readonly takeOver?: boolean | undefined;
}

/** Makes `root` where needed, and a run directory of a new id under it. Nothing in the path comes from the run's name. */
export function createRunDir(root: string, options: RunDirOptions = {}): RunDir {
  const { now = Date.now(), suffix = randomSuffix, disk = nodeDisk } = options;
  const absolute = resolve(root);
  attempt(absolute, "make the folder", () => makeFolder(absolute, disk));
  sweepUnborn(absolute, now, disk);
  if (options.id !== undefined) return createNamed(join(absolute, options.id), now, disk);
  const time = new Date(now).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  for (let tries = 0; ; tries++) {
    const path = join(absolute, `${time}-${suffix()}`);
    try {
      disk.mkdirSync(path);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EEXIST" && tries < 100) continue;
      throw ioFailed(path, "make the folder", thrown);
    }
    try {
      attempt(absolute, "write", () => syncDirectory(absolute, disk));
      return asRunDir(path, takeLock(path, now, { disk }), disk);
    } catch (thrown) {
      removeQuietly(path, disk);
      throw thrown;
    }
  }
}

/** A start takes a moment from its directory to its lock, ms; then the lock tells whether it lives. */
const starting = 600_000;

/** Removes what starts that were killed left under `root`, each under its lock. */
function sweepUnborn(root: string, now: number, disk: Disk): void {
  for (const path of unbornRuns(root)) {
    if (Math.abs(now - changedAt(path)) < starting) continue;
    try {
      const lock = takeLock(path, now, { disk });
      if (fs.existsSync(join(path, files.run))) lock.release();
      else discard(path, lock);
    } catch {
      // It lives, or may live, or cannot be removed: it is not in the way.
    }
  }
}

/** Removes a directory that did not become a run: the lock last, so that nobody else's start is removed with it. */
function discard(path: string, lock: Pick<Lock, "release">): void {
  for (const name of fs.readdirSync(path)) {
    if (!name.startsWith(files.lock)) fs.rmSync(join(path, name), { recursive: true, force: true });
  }
  lock.release();
  try {
    fs.rmdirSync(path);
  } catch {
    // Another process has begun the run meanwhile.
  }
}

/** A directory of a given name: what a start that was killed left of it, before it was a run, is taken over. */
function createNamed(path: string, now: number, disk: Disk): RunDir {
  attempt(path, "make the folder", () => makeFolder(path, disk));
  attempt(path, "write", () => syncDirectory(dirname(path), disk));
  const lock = takeLock(path, now, { disk });
  if (!fs.existsSync(join(path, files.run))) return asRunDir(path, lock, disk);
  lock.release(); // another process made the run meanwhile
  throw runInUse(path, undefined, undefined);
}

/** Opens a run directory to go on with it. Throws `run.notFound`, `run.damaged`, or `run.inUse`. */
export function openRunDir(path: string, options: RunDirOptions = {}): { readonly dir: RunDir; readonly run: RunFile } {
  const { now = Date.now(), disk = nodeDisk, takeOver } = options;
  const absolute = resolve(path);
  if (!fs.existsSync(join(absolute, files.run))) throw runNotFound(basename(absolute), resolve(absolute, ".."), []);
  const lock = takeLock(absolute, now, { disk, takeOver });
  try {
    return { dir: asRunDir(absolute, lock, disk), run: readRunFile(absolute) };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

function asRunDir(path: string, lock: Lock, disk: Disk): RunDir {
  const write = (run: RunFile) => {
    lock.check();
    writeRunFile(path, run, disk);
  };
  return {
    id: basename(path),
    path,
    check: () => lock.check(),
    write,
    release: () => lock.release(),
    discard: () => discard(path, lock),
  };
}

/** Without vowels and look-alikes, so that no id spells a word or is misread. */
const alphabet = "23456789bcdfghjkmnpqrstvwxz";
function randomSuffix(): string {
  return Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join("");
}
