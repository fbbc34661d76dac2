/** checkpoint.json: what a checkpoint is of, and the hashes by which a damaged one is told. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { invalidCheckpoint, newerCheckpoint } from "../errors/errors.ts";
import { ownPath } from "../files/own-file.ts";
import { canonicalJson } from "../record/canonical.ts";
import { mostAtOnce, readWhole } from "../record/disk.ts";

/** Version of a checkpoint's layout; a newer one is refused. */
export const checkpointFormat = 2;

export const manifestFile = "checkpoint.json";
export const stateFile = "state.safetensors";
export const analyzersFile = "analyzers.safetensors";

const count = z.int().min(0);
const manifest = z.looseObject({
  format: count,
  /** Optimizer steps done. */
  step: count,
  /** Training tokens seen. */
  tokens: count,
  /** `seq` of the row that comes next. */
  seq: count,
  /** Where in the data the next step begins. */
  cursor: z.looseObject({ epoch: count, position: count }),
  /** The keys of the config that decide the numbers; see `trainingKeys`. */
  config: z.record(z.string(), z.unknown()),
  configHash: z.string(),
  /** Analyzers that saved state, also those whose state has no arrays. */
  analyzers: z.array(z.string()),
  /** Bytes of the files in arrays/ then. */
  arrays: z.record(z.string(), count).optional(),
  /** SHA-256 of everything else in this file, as canonical JSON; since format 2. */
  hash: z.string().optional(),
  /** SHA-256 of each file, in hexadecimal. */
  files: z.strictObject({ [stateFile]: z.string(), [analyzersFile]: z.string() }),
});
export type Manifest = z.output<typeof manifest>;

/** The keys of the config that decide the losses of every step; a checkpoint goes on only under the same ones. */
export const trainingKeys = ["seed", "model", "data", "train"] as const;

/** Those keys of a config alone. */
export function trainingConfig(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(trainingKeys.map((key) => [key, config[key]]));
}

/** A hash of those keys that does not depend on their order. */
export function hashOfConfig(config: Readonly<Record<string, unknown>>): string {
  return sha256(canonicalJson(trainingConfig(config)));
}

/** What `hash` in checkpoint.json is to be. */
export function hashOfManifest(file: object): string {
  return sha256(canonicalJson({ ...file, hash: undefined }));
}

/** The hash of a file's bytes, in hexadecimal; they may be in pieces. */
export function sha256(...pieces: readonly (Uint8Array | string)[]): string {
  const hash = createHash("sha256");
  for (const bytes of pieces) {
    if (typeof bytes === "string") hash.update(bytes);
    else
      for (let done = 0; done < bytes.length; done += mostAtOnce) hash.update(bytes.subarray(done, done + mostAtOnce));
  }
  return hash.digest("hex");
}

/** Reads checkpoint.json and both files, and checks them against each other. Throws `checkpoint.invalid`. */
export function readVerified(path: string): {
  readonly manifest: Manifest;
  readonly state: Uint8Array;
  readonly analyzers: Uint8Array;
} {
  const checked = readManifest(path);
  const verified = (name: keyof Manifest["files"]) => {
    const bytes = readPart(path, name);
    if (sha256(bytes) !== checked.files[name]) {
      throw invalidCheckpoint(path, `${name} is damaged: its SHA-256 is not the one in ${manifestFile}`);
    }
    return bytes;
  };
  return { manifest: checked, state: verified(stateFile), analyzers: verified(analyzersFile) };
}

function readManifest(path: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(readPart(path, manifestFile)).toString("utf8"));
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    throw invalidCheckpoint(path, `${manifestFile} is not JSON`, thrown);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format > checkpointFormat) throw newerCheckpoint(path, format, checkpointFormat);
  const checked = manifest.safeParse(value);
  if (checked.success) {
    if (format !== 1 && checked.data.hash !== hashOfManifest(value as object)) {
      throw invalidCheckpoint(path, `${manifestFile} is damaged: its hash is not the one in it`);
    }
    return checked.data;
  }
  const issue = checked.error.issues[0];
  throw invalidCheckpoint(path, `${manifestFile}: ${issue?.path.join(".") || "top level"}: ${issue?.message}`);
}

function readPart(path: string, name: string): Uint8Array {
  try {
    const real = ownPath(path, name);
    return readWhole(real ?? join(path, name));
  } catch (thrown) {
    throw invalidCheckpoint(path, `${name} cannot be read: ${(thrown as Error).message}`, thrown);
  }
}
