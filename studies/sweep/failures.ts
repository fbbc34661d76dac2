/** Runs that failed where their own directory cannot say so: before there was one, with rows that were lost, or on a full disk. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { makeOwnFolder } from "../../core/files/own-file.ts";
import { readRegularText } from "../../core/files/regular-file.ts";
import { makeFolder, removeQuietly, replaceFile } from "../../core/record/disk.ts";

const folderOf = (sweepFolder: string) => path.join(sweepFolder, "failures");

/** Why, by the run's id. */
export function readFailures(sweepFolder: string): ReadonlyMap<string, string> {
  const folder = folderOf(sweepFolder);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return new Map();
  }
  return new Map(
    names.filter((name) => name.endsWith(".txt")).map((name) => [name.slice(0, -4), textOf(path.join(folder, name))]),
  );
}

function textOf(file: string): string {
  try {
    return readRegularText(file, 1 << 20).trim();
  } catch {
    return "";
  }
}

/** Puts a failure on record. A disk that takes not even this leaves the run as it is: not begun. */
export function noteFailure(sweepFolder: string, id: string, reason: string): void {
  try {
    makeFolder(sweepFolder);
    makeOwnFolder(sweepFolder, path.basename(folderOf(sweepFolder)));
    replaceFile(path.join(folderOf(sweepFolder), `${id}.txt`), `${reason.replace(/\s+/g, " ")}\n`);
  } catch {
    // Said by whoever trains it, too.
  }
}

const undelivered = "rows not delivered: ";

/** What is on record of a run that finished, with rows that a sink has not taken anywhere yet. */
export function undeliveredReason(id: string, faults: string): string {
  return `${undelivered}${faults}. experiment sync ${id} sends them`;
}

/** Whether a failure is of rows that only have to be sent. */
export function isUndelivered(reason: string): boolean {
  return reason.startsWith(undelivered);
}

/** Takes that back, in whatever sweep under `root` the run is: its rows have been sent. */
export function forgetUndelivered(root: string, id: string): void {
  for (const name of readdirSync(root).filter((one) => one.endsWith(".sweep"))) {
    const folder = path.join(root, name);
    if (isUndelivered(textOf(path.join(folderOf(folder), `${id}.txt`)))) forgetFailure(folder, id);
  }
}

/** Takes it back: the run goes on. */
export function forgetFailure(sweepFolder: string, id: string): void {
  removeQuietly(path.join(folderOf(sweepFolder), `${id}.txt`));
}
