/** run.json: written whole, checked when read, and what state it says the run is in. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../contract/run.ts";
import { damagedFile, ioFailed, newerFormat, reasonOf } from "../errors/errors.ts";
import { ownPath, ownText } from "../files/own-file.ts";
import { boundedJson } from "./bounded-json.ts";
import { attempt, type Disk, nodeDisk, replaceFile } from "./disk.ts";
import { type Attempt, files, formatVersion, type RunFile, type RunState, runFile } from "./format.ts";
import type { Liveness } from "./process-identity.ts";

/** Bytes, and maps or lists within each other: a config is written by hand. */
const largestRunFile = 16 << 20;
const deepestRunFile = 64;
/** 7,000 metrics of 96 layers are 30,000 values, a thousand resumes 20,000. */
const mostRunValues = 200_000;
const ownNames: ReadonlySet<string> = new Set(Object.values(files));

/** Every name in a run directory stands for what it should, and leads nowhere else. Throws `run.damaged`. */
function checkOwnFiles(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const { name } = entry;
    const folder = name === files.arrays || name === files.checkpoints;
    if (folder ? entry.isDirectory() : entry.isFile()) continue; // as in most directories: nothing else to ask the disk
    if (ownNames.has(name)) ownPath(dir, name, folder ? "folder" : "file");
    else if (entry.isSymbolicLink()) withinLinks(dir, name);
  }
}

/** Names that sinks made; theirs may be files or folders. */
function withinLinks(dir: string, name: string): void {
  const isFolder = statSync(join(dir, name), { throwIfNoEntry: false })?.isDirectory();
  ownPath(dir, name, isFolder ? "folder" : "file");
}

/** Reads and checks run.json of a run directory. Throws `run.damaged`, or `run.io` when there is none. */
export function readRunFile(dir: string): RunFile {
  const path = join(dir, files.run);
  attempt(path, "read", () => checkOwnFiles(dir));
  const text = attempt(path, "read", () => ownText(dir, files.run, largestRunFile));
  if (text === undefined) throw ioFailed(path, "read", new Error("no such file"));
  let value: unknown;
  try {
    value = boundedJson(text, deepestRunFile, mostRunValues);
  } catch (thrown) {
    throw damagedFile(path, thrown instanceof SyntaxError ? "not JSON" : reasonOf(thrown), thrown);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format > formatVersion) throw newerFormat(path, format, formatVersion);
  const checked = runFile.safeParse(value);
  if (checked.success) return value as RunFile;
  const issue = checked.error.issues[0];
  throw damagedFile(path, `${issue?.path.join(".") || "top level"}: ${issue?.message}`);
}

/** Replaces run.json in one step: readers see the old one or the new one. */
export function writeRunFile(dir: string, run: RunFile, disk: Disk = nodeDisk): void {
  replaceFile(join(dir, files.run), `${JSON.stringify(run, null, 2)}\n`, disk);
}

/** The same run with one more attempt. */
export function withAttempt(run: RunFile, attempt: Attempt): RunFile {
  return { ...run, attempts: [...run.attempts, attempt] };
}

/** The same run with the end of its last attempt. */
export function withOutcome(run: RunFile, end: Outcome): RunFile {
  return { ...run, attempts: run.attempts.map((one, i, all) => (i < all.length - 1 ? one : { ...one, outcome: end })) };
}

/** What run.json and the lock together say; see `RunState`. */
export function runState(run: RunFile, lock: Liveness | "none"): RunState {
  const last = run.attempts.at(-1)?.outcome;
  if (last) return last.state;
  if (lock === "live") return "running";
  return lock === "elsewhere" ? "lost" : "killed";
}
