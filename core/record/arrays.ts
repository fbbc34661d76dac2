/** arrays/: array metrics, in one growing file for each quantity. */
import { fstatSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Arrays } from "../arrays/ndarray.ts";
import { decodeSafetensors, encodeSafetensors } from "../arrays/safetensors.ts";
import { ioFailed, reasonOf } from "../errors/errors.ts";
import { ownPath, plainFile } from "../files/own-file.ts";
import { attempt, type Disk, nodeDisk, writeAll } from "./disk.ts";
import { files } from "./format.ts";
import { encodeFrame, type Frame, framesIn, readFrame } from "./frames.ts";
import { oneNaN } from "./one-nan.ts";
import { readStepFile, stepFile, stepOfFile } from "./step-files.ts";
import { lastRow } from "./tail.ts";

const ending = ".arrays";
/** Names in arrays/, and frames, that are looked at: directories come from anywhere. */
const mostNames = 100_000;
const mostFrames = 2_000_000;

/** Adds to arrays/; the caller holds the run's lock. Every call may throw `run.io`. */
export interface ArraysWriter {
  /** Adds a step's arrays, one frame for each quantity; a quantity is what a key names without its layer. */
  write(step: number, arrays: Arrays): void;
  /** Removes those of `step` and later ones, which a resumed run's first row supersedes. */
  removeFrom(step: number): void;
}

/** Opens arrays/ for writing; no file stays open between calls. */
export function openArraysWriter(dir: string, disk: Disk = nodeDisk): ArraysWriter {
  /** Sizes of files that this process has written to: what is longer was not written whole. */
  const sizes = new Map<string, number>();
  return {
    write(step, arrays) {
      const folder = join(dir, files.arrays);
      attempt(folder, "make", () => disk.mkdirSync(folder, { recursive: true }));
      for (const [name, own] of byFile(arrays)) append(join(folder, name), encodeFrame(step, encodeSafetensors(own)));
    },
    removeFrom(step) {
      for (const name of namesIn(dir)) {
        const path = join(dir, files.arrays, name);
        const before = stepOfFile(name);
        if (before !== undefined && before >= step) attempt(path, "remove", () => disk.rmSync(path, { force: true }));
        if (!name.endsWith(ending)) continue;
        const first = framesIn(path).frames.find((frame) => frame.step >= step);
        if (first !== undefined) cut(path, first.start);
      }
    },
  };

  function append(path: string, frame: Uint8Array): void {
    attempt(path, "write", () => {
      plainFile(path);
      const size = sizes.get(path) ?? framesIn(path).end;
      const file = disk.openSync(path, "a");
      try {
        const found = fstatSync(file).size;
        if (found > size) disk.ftruncateSync(file, size);
        const start = Math.min(found, size);
        sizes.set(path, start); // where this fails, the next one cuts off what there is of it
        writeAll(file, frame, disk);
        sizes.set(path, start + frame.length);
      } finally {
        disk.closeSync(file);
      }
    });
  }

  function cut(path: string, size: number): void {
    attempt(path, "cut", () => {
      plainFile(path);
      const file = disk.openSync(path, "r+");
      try {
        disk.ftruncateSync(file, size);
      } finally {
        disk.closeSync(file);
      }
    });
  }
}

/** A step's arrays by the names of their files. */
function byFile(arrays: Arrays): Map<string, Record<string, Arrays[string]>> {
  const found = new Map<string, Record<string, Arrays[string]>>();
  for (const [key, array] of Object.entries(arrays)) {
    const name = fileOf(key);
    const own = found.get(name) ?? {};
    own[key] = oneNaN(array);
    found.set(name, own);
  }
  return found;
}

/** `section/metric/layer_0` is in `section.metric.arrays`. Keys are those that core checks; whatever else, names stay names. */
function fileOf(key: string): string {
  const quantity = key.replace(/\/layer_\d+$/, "");
  return `${quantity.replaceAll(/[^a-z0-9_]/g, ".").slice(0, 200)}${ending}`;
}

/** Sizes of its files by name, bytes: a checkpoint tells by them, later, whether any was cut short. */
export function arraySizes(dir: string): Record<string, number> {
  const growing = namesIn(dir).filter((name) => name.endsWith(ending));
  const found = growing.map((name) => [name, lstatSync(join(dir, files.arrays, name))] as const);
  return Object.fromEntries(found.flatMap(([name, status]) => (status.isFile() ? [[name, status.size]] : [])));
}

/** What arrays/ holds at the time it was opened. */
export interface StoredArrays {
  /** Steps on record that have arrays, rising: at most the last row's. */
  readonly steps: readonly number[];
  /** What is damaged beyond telling which steps it was of; a sentence for each file. */
  readonly damage: readonly string[];
  /**
   * The arrays of one of these steps, by key. Throws `run.damaged` where any is not what was written, or `run.io` when there are
   * none.
   */
  read(step: number): Arrays;
}

/** Opens arrays/ of a run directory, or the files alone that have quantities (`section/metric`) which pass. */
export function openArrays(dir: string, wanted: (quantity: string) => boolean = () => true): StoredArrays {
  const names = namesIn(dir).slice(0, mostNames);
  const steps = new Set(names.flatMap((name) => stepOfFile(name) ?? []));
  const single = new Set(steps);
  const damage: string[] = [];
  let room = mostFrames;
  const growing = names
    .filter((name) => name.endsWith(ending) && wanted(name.slice(0, -ending.length).replace(".", "/")))
    .flatMap((name) => {
      const path = join(dir, files.arrays, name);
      try {
        const found = attempt(path, "read", () => framesIn(ownPath(dir, path) ?? path, room));
        room -= found.frames.length;
        if (found.damaged > 0) damage.push(`${files.arrays}/${name}: damaged in ${placesOf(found.damaged)}.`);
        for (const { step } of found.frames) steps.add(step);
        return { path, frames: new Map(found.frames.map((frame) => [frame.step, frame])) };
      } catch (thrown) {
        damage.push(reasonOf(thrown).replaceAll(`${dir}/`, ""));
        return [];
      }
    });
  const last = steps.size > 0 ? lastRow(dir)?.step : undefined;
  return {
    steps: [...steps].filter((step) => last !== undefined && step <= last).sort((a, b) => a - b),
    damage,
    read(step) {
      if (!steps.has(step)) throw ioFailed(stepFile(dir, step), "read", new Error("there are no arrays of this step"));
      const found = single.has(step) ? [readStepFile(dir, step)] : [];
      for (const { path, frames } of growing) {
        const frame = frames.get(step);
        if (frame !== undefined) found.push(arraysOf(path, frame));
      }
      return Object.assign({}, ...found) as Arrays;
    },
  };
}

function arraysOf(path: string, frame: Frame): Arrays {
  return decodeSafetensors(readFrame(path, frame), `${path}: step ${frame.step}`).arrays;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(join(dir, files.arrays)).sort();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw ioFailed(join(dir, files.arrays), "read", thrown);
  }
}

function placesOf(count: number): string {
  return count === 1 ? "one place" : `${count} places`;
}
