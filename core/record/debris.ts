/** What interrupted work leaves behind: names that nothing reads. Whoever holds the lock of a run directory removes those in it. */
import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Disk, nodeDisk, removeQuietly } from "./disk.ts";
import { files } from "./format.ts";

/** Files that were being replaced (by sinks with `swapFile`), and claims on locks that are no more. */
const inRun =
  /^(run|charts|vocabulary|labels|lock)\.json\.[\w-]+\.partial$|^lock\.json\.[0-9a-f]{16}$|^[\w-]+\.json\.new$/;
/** The same where a sink keeps a log of its own, `FOLDER/LOG/`. */
const besideLog = /\.(json|synced)\.new$|\.rewrite$/;
/** Of these, what others than the holder of the lock write: it may be work of this moment. */
const ofOthers = /^(labels|lock)\.json\..*\.partial$|\.new$/;
/** Work of a moment takes no longer, ms. */
const moment = 60_000;
/** Checkpoints and arrays that were being written, or removed. */
const within = /\.partial(-\w+)?$/;

/** Debris in a run directory, as paths relative to it, in order. */
export function findDebris(dir: string): string[] {
  const below = (folder: string, pattern: RegExp) =>
    isOwnFolder(dir, folder)
      ? namesIn(join(dir, folder)).flatMap((name) => (pattern.test(name) ? [`${folder}/${name}`] : []))
      : [];
  const names = namesIn(dir);
  const own: readonly string[] = [...Object.values(files), "files"];
  const logs = names.filter((name) => !own.includes(name)).flatMap((folder) => below(folder, /^/));
  return [
    ...names.filter((name) => inRun.test(name)),
    ...[files.checkpoints, files.arrays].flatMap((folder) => below(folder, within)),
    ...logs.flatMap((folder) => below(folder, besideLog)),
  ].sort();
}

/** Removes the debris of a run directory, whose lock the caller has just taken. What cannot be removed stays. */
export function sweepDebris(dir: string, disk: Disk = nodeDisk): void {
  const found = findDebris(dir);
  if (found.length === 0) return;
  const now = changedAt(join(dir, files.lock)); // by the file system's own clock
  for (const name of found) {
    if (ofOthers.test(name) && now - changedAt(join(dir, name)) < moment) continue;
    removeQuietly(join(dir, name), disk);
  }
}

/** Names that `createRunDir` gives. */
const runName = /^\d{8}-\d{6}-[0-9a-z]{4}$/;
/** What a start has made before its run.json. */
const startNames = /^(lock\.json.*|run\.json\.\d+\.partial|checkpoints|arrays)$/;

/** Directories under a folder of runs that were made for a run and never became one: its start was killed. */
export function unbornRuns(root: string): string[] {
  return namesIn(root)
    .filter((name) => runName.test(name) && !existsSync(join(root, name, files.run)))
    .map((name) => join(root, name))
    .filter((dir) => statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    .filter((dir) => namesIn(dir).every((name) => startNames.test(name)));
}

/** Since when nothing was made or removed in a directory, ms since 1970. */
export function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** A link may lead out of the directory. */
function isOwnFolder(dir: string, name: string): boolean {
  const parts = name.split("/");
  return parts.every((_, i) =>
    lstatSync(join(dir, ...parts.slice(0, i + 1)), { throwIfNoEntry: false })?.isDirectory(),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // none there, or none that can be seen
  }
}
