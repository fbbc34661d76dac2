/** The runs under a folder: listed, and found by what a person calls them. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ioFailed, reasonOf, runAmbiguous, runNotFound } from "../errors/errors.ts";
import { files, type RunFile, type RunState } from "./format.ts";
import { trainerState } from "./lock.ts";
import { readRunFile, runState } from "./run-file.ts";

/** A run as found on disk. */
export interface FoundRun {
  /** Absolute. */
  readonly dir: string;
  readonly run: RunFile;
  readonly state: RunState;
}

/** What lies under a folder of runs, oldest first. */
export interface FoundRuns {
  readonly runs: readonly FoundRun[];
  /** Directories whose run.json cannot be read, and why. */
  readonly damaged: readonly { readonly dir: string; readonly problem: string }[];
}

/** Reads one run. Throws `run.notFound`, `run.damaged` or `run.io`. */
export function readRun(dir: string): FoundRun {
  const absolute = resolve(dir);
  if (!isRunDir(absolute)) throw runNotFound(basename(absolute), resolve(absolute, ".."), []);
  const lock = trainerState(absolute); // before run.json: a run that ends in between is told by its outcome
  const run = readRunFile(absolute);
  const state = runState(run, lock);
  if (state !== "killed") return { dir: absolute, run, state };
  return { dir: absolute, run, state: runState(run, trainerState(absolute)) }; // a resume may have begun in between
}

/** Every run under `root`. A folder that is not there has none; other folders in it are passed over. */
export function listRuns(root: string): FoundRuns {
  const runs: FoundRun[] = [];
  const damaged: { dir: string; problem: string }[] = [];
  for (const id of runIds(root)) {
    const dir = resolve(root, id);
    try {
      runs.push(readRun(dir));
    } catch (thrown) {
      damaged.push({ dir, problem: reasonOf(thrown) });
    }
  }
  runs.sort((a, b) => a.run.createdAt - b.run.createdAt || (a.dir < b.dir ? -1 : 1));
  return { runs, damaged };
}

/**
 * The directory of the run that `ref` names: `latest`, an id, a path, a name, or the beginning of an id. A name or a
 * beginning that several runs share is an error that lists them. Throws `run.notFound`.
 */
export function resolveRun(root: string, ref: string): string {
  const ids = runIds(root);
  if (ref === "latest") {
    const newest = listRuns(root).runs.at(-1);
    if (newest) return newest.dir;
    throw runNotFound(ref, root, []);
  }
  if (ids.includes(ref)) return resolve(root, ref);
  if (ref !== "" && isRunDir(resolve(ref))) return resolve(ref);

  const { runs } = listRuns(root);
  const named = runs.filter(({ run }) => run.name === ref).map(({ dir }) => dir);
  const begun = ref === "" ? [] : ids.filter((id) => id.startsWith(ref)).map((id) => resolve(root, id));
  const candidates = named.length > 0 ? named : begun;
  if (candidates.length === 1) return candidates[0]!;
  if (candidates.length > 1)
    throw runAmbiguous(
      ref,
      candidates.map((dir) => basename(dir)),
    );
  throw runNotFound(ref, root, [...ids, ...runs.map(({ run }) => run.name)]);
}

function runIds(root: string): string[] {
  try {
    return readdirSync(root).filter((name) => isRunDir(join(root, name)));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw ioFailed(root, "read", thrown);
  }
}

function isRunDir(path: string): boolean {
  return existsSync(join(path, files.run));
}
