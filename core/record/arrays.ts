/** arrays/: the array metrics of a step in one safetensors file. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Arrays } from "../arrays/ndarray.ts";
import { decodeSafetensors, encodeSafetensors } from "../arrays/safetensors.ts";
import { damagedFile, ioFailed } from "../errors/errors.ts";
import { attempt, type Disk, nodeDisk, removeQuietly, writeAll } from "./disk.ts";
import { files } from "./format.ts";
import { ownPath } from "./own-file.ts";
import { lastRow } from "./tail.ts";

/** `step-000500`, with more digits where they are needed. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}

function pathOf(dir: string, step: number): string {
  return join(dir, files.arrays, `${stepName(step)}.safetensors`);
}

/** Writes a step's arrays aside and renames them, so that no reader sees half a file. */
export function writeArrays(dir: string, step: number, given: Arrays, disk: Disk = nodeDisk): void {
  const path = pathOf(dir, step);
  const arrays = withOneNaN(given);
  const aside = `${path}.partial`;
  attempt(path, "write", () => {
    disk.mkdirSync(join(dir, files.arrays), { recursive: true });
    try {
      disk.rmSync(aside, { recursive: true, force: true });
      const file = disk.openSync(aside, "wx");
      try {
        writeAll(file, encodeSafetensors(arrays, { step: String(step), sha256: sumOf(arrays) }), disk);
      } finally {
        disk.closeSync(file);
      }
      disk.renameSync(aside, path);
    } catch (thrown) {
      removeQuietly(aside, disk);
      throw thrown;
    }
  });
}

/** NaN has many bit patterns, and which one a division gives is the processor's and the compiler's choice: on disk it has one. */
function withOneNaN(arrays: Arrays): Arrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([key, array]) => {
      const { data } = array;
      if (!(data instanceof Float32Array || data instanceof Float64Array) || !data.some(Number.isNaN))
        return [key, array];
      const copy = data.slice();
      const bytes = new DataView(copy.buffer);
      for (let i = 0; i < copy.length; i++) {
        if (!Number.isNaN(copy[i])) continue;
        if (copy instanceof Float32Array) bytes.setUint32(4 * i, 0x7fc00000, true);
        else bytes.setBigUint64(8 * i, 0x7ff8000000000000n, true);
      }
      return [key, { ...array, data: copy }];
    }),
  );
}

/** Removes the arrays of `step` and later ones: those that a resumed run's first row supersedes. */
export function removeArraysFrom(dir: string, step: number, disk: Disk = nodeDisk): void {
  for (const later of stepsOnDisk(dir).filter((one) => one >= step)) {
    attempt(pathOf(dir, later), "remove", () => disk.rmSync(pathOf(dir, later), { force: true }));
  }
}

/** The steps on record that have arrays, in order. Files of later steps than the last row's are superseded. */
export async function arraySteps(dir: string): Promise<number[]> {
  const steps = stepsOnDisk(dir);
  if (steps.length === 0) return steps;
  const last = lastRow(dir);
  return steps.filter((step) => last !== undefined && step <= last.step);
}

/** Bytes of one step's arrays that are read at most; the widest models' are some megabytes. */
const largestArrays = 256 << 20;

/** The array metrics of one step, by key. Throws `run.damaged`, or `run.io` when there are none. */
export function readArrays(dir: string, step: number): Arrays {
  const path = pathOf(dir, step);
  const bytes = attempt(path, "read", () => {
    const real = ownPath(dir, path);
    if (real !== undefined && statSync(real).size > largestArrays) {
      throw damagedFile(path, `larger than ${largestArrays / 2 ** 20} MiB`);
    }
    return readFileSync(real ?? path);
  });
  const { arrays, metadata } = decodeSafetensors(bytes, path);
  if (metadata.sha256 !== undefined && metadata.sha256 !== sumOf(arrays)) {
    throw damagedFile(path, "its arrays do not have the SHA-256 that is in it");
  }
  return arrays;
}

/** SHA-256 of the same arrays as a safetensors file without metadata; in files since 0.2.0. */
function sumOf(arrays: Arrays): string {
  return createHash("sha256").update(encodeSafetensors(arrays)).digest("hex");
}

function stepsOnDisk(dir: string): number[] {
  let names: string[];
  try {
    names = readdirSync(join(dir, files.arrays));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw ioFailed(join(dir, files.arrays), "read", thrown);
  }
  const steps = names.flatMap((name) => /^step-(\d{6,15})\.safetensors$/.exec(name)?.[1] ?? []).map(Number);
  return steps.sort((a, b) => a - b);
}
