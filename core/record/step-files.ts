/** Arrays as runs before format 2 have them: all of a step in one safetensors file, `arrays/step-000500.safetensors`. Read, never written. */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Arrays } from "../arrays/ndarray.ts";
import { decodeSafetensors, encodeSafetensors } from "../arrays/safetensors.ts";
import { damagedFile } from "../errors/errors.ts";
import { ownPath } from "../files/own-file.ts";
import { attempt, readWhole } from "./disk.ts";
import { files } from "./format.ts";
import { stepName } from "./step-name.ts";

/** Bytes of one that are read at most. */
const largest = 256 << 20;

/** The step of such a file; undefined for other names. */
export function stepOfFile(name: string): number | undefined {
  const digits = /^step-(\d{6,15})\.safetensors$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function stepFile(dir: string, step: number): string {
  return join(dir, files.arrays, `${stepName(step)}.safetensors`);
}

/** What it holds. Throws `run.damaged` or `run.io`. */
export function readStepFile(dir: string, step: number): Arrays {
  const path = stepFile(dir, step);
  const bytes = attempt(path, "read", () => {
    const real = ownPath(dir, path) ?? path;
    if (statSync(real).size > largest) throw damagedFile(path, `larger than ${largest >> 20} MiB`);
    return readWhole(real);
  });
  const { arrays, metadata } = decodeSafetensors(bytes, path);
  // of the same arrays as a file without metadata; in files of 0.2.0
  const sum = () => createHash("sha256").update(encodeSafetensors(arrays)).digest("hex");
  if (metadata.sha256 !== undefined && metadata.sha256 !== sum())
    throw damagedFile(path, "its arrays do not have the SHA-256 that is in it");
  return arrays;
}
