/** The checkpoints of a run: which is the newest good one, and which may go. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ExperimentError, ioFailed, reasonOf } from "../errors/errors.ts";
import { attempt, type Disk, nodeDisk, removeQuietly } from "../record/disk.ts";
import { files } from "../record/format.ts";
import { readVerified } from "./manifest.ts";

/** A checkpoint by its name alone: whether it is good is not known yet. */
export interface FoundCheckpoint {
  readonly step: number;
  readonly path: string;
}

/** All finished checkpoints, newest first, good or damaged. */
export function listCheckpoints(runDir: string): FoundCheckpoint[] {
  return entriesOf(runDir).flatMap(({ step, path, partial }) => (partial ? [] : { step, path }));
}

export interface LatestCheckpoint {
  /** The newest good one; absent when there is none. */
  readonly latest?: FoundCheckpoint;
  /** Bytes that the files in arrays/ had then. */
  readonly arrays?: Readonly<Record<string, number>>;
  /** Newer ones that are damaged, and how. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Finds the newest checkpoint whose files are all there and hash as they should. Throws for one of a newer format. */
export function latestCheckpoint(runDir: string): LatestCheckpoint {
  const skipped: { path: string; reason: string }[] = [];
  for (const found of listCheckpoints(runDir)) {
    try {
      const { arrays } = readVerified(found.path).manifest;
      return { latest: found, ...(arrays && { arrays }), skipped };
    } catch (thrown) {
      if (thrown instanceof ExperimentError && thrown.code === "checkpoint.newer") throw thrown;
      skipped.push({ path: found.path, reason: reasonOf(thrown) });
    }
  }
  return { skipped };
}

/** Which checkpoints stay. */
export interface Keeping {
  readonly keep_last: number;
  /** 0: none. */
  readonly keep_every: number;
  readonly at?: readonly number[];
  /** The path of one that has just been written and forced to the disk: the newest good one, and not read again. */
  readonly saved?: string;
}

/**
 * Removes old checkpoints: all but the newest `keep_last`, the multiples of `keep_every`, those of the steps `at`, and the newest good
 * one: `saved`, or where that is not given the newest whose files hash as they should. What an interrupted save left over goes too. Returns the steps that were removed.
 */
export function pruneCheckpoints(
  runDir: string,
  { keep_last, keep_every, at = [], saved }: Keeping,
  disk: Disk = nodeDisk,
): number[] {
  for (const { path, partial } of entriesOf(runDir)) if (partial) removeQuietly(path, disk);
  const all = listCheckpoints(runDir);
  const newest = all.find(({ path }) => path === saved) ?? latestCheckpoint(runDir).latest;
  const kept = new Set([...new Set(all.map(({ step }) => step))].slice(0, keep_last));
  const goes = all.filter(({ step, path }) => {
    if (step === newest?.step && path !== newest.path) return true; // it stepped aside, and has been replaced
    const multiple = keep_every > 0 && step % keep_every === 0;
    return !kept.has(step) && !multiple && !at.includes(step) && path !== newest?.path;
  });
  for (const { path } of goes) remove(path, disk);
  return goes.map(({ step }) => step);
}

/**
 * Removes the checkpoints of later steps than `step`. A resume from `step` must call it: the rows up to those checkpoints
 * are about to be superseded, so that going on from one of them later would leave a hole.
 */
export function discardCheckpointsAfter(runDir: string, step: number, disk: Disk = nodeDisk): void {
  for (const found of entriesOf(runDir)) if (found.step > step) remove(found.path, disk);
}

/** Under another name first, so that a removal that is cut short leaves nothing that looks like a checkpoint. */
function remove(path: string, disk: Disk): void {
  const aside = `${path}.partial-removed`;
  attempt(path, "remove", () => {
    disk.rmSync(aside, { recursive: true, force: true });
    disk.renameSync(path, aside);
    disk.rmSync(aside, { recursive: true, force: true });
  });
}

interface Entry extends FoundCheckpoint {
  readonly partial: boolean;
}

/** Newest first; of one step, the one in place before one that was stepping aside for it. */
function entriesOf(runDir: string): Entry[] {
  const folder = join(runDir, files.checkpoints);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw ioFailed(folder, "read", thrown);
  }
  const entries = names.flatMap((name) => {
    const match = /^step-(\d{6,15})(\.old-[0-9a-f]+)?(\.partial-\w+)?$/.exec(name);
    return match ? [{ step: Number(match[1]), path: join(folder, name), partial: match[3] !== undefined }] : [];
  });
  return entries.sort((a, b) => b.step - a.step || (a.path < b.path ? -1 : 1));
}
