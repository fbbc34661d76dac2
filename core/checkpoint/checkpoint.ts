/** Saves and loads everything that the next step depends on. A checkpoint is there whole or not at all. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Arrays, NDArray } from "../arrays/ndarray.ts";
import { decodeSafetensors, safetensorsPieces } from "../arrays/safetensors.ts";
import { differencesOf } from "../config/difference.ts";
import { checkpointMismatch, internal, invalidCheckpoint, reasonOf } from "../errors/errors.ts";
import { arraySizes } from "../record/arrays.ts";
import { attempt, type Disk, nodeDisk, removeQuietly, syncDirectory, writeSynced } from "../record/disk.ts";
import { files } from "../record/format.ts";
import { stepName } from "../record/step-name.ts";
import {
  analyzersFile,
  checkpointFormat,
  hashOfConfig,
  hashOfManifest,
  type Manifest,
  manifestFile,
  readVerified,
  sha256,
  stateFile,
  trainingConfig,
} from "./manifest.ts";

/** Everything that the next step depends on. */
export interface Checkpoint {
  /** Optimizer steps done. */
  readonly step: number;
  /** Training tokens seen. */
  readonly tokens: number;
  /** `seq` of the row that comes next. */
  readonly seq: number;
  /** Parameters and the optimizer's moments, as the engine hands them over. */
  readonly state: Arrays;
  /** What analyzers saved, by name. */
  readonly analyzers: Readonly<Record<string, Arrays>>;
  /** Where in the data the next step begins. */
  readonly cursor: { readonly epoch: number; readonly position: number };
  /** The run's config; the keys that decide the numbers are kept (seed, model, data, train). */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Writes `checkpoints/step-000500/` under the run directory and returns its path. It is made under another name, forced to
 * the disk, and renamed; the rows and arrays before it are forced to the disk first, so none can be missing after a power failure.
 */
export function saveCheckpoint(runDir: string, checkpoint: Checkpoint, disk: Disk = nodeDisk): string {
  const folder = join(runDir, files.checkpoints);
  const path = join(folder, stepName(checkpoint.step));
  const aside = join(folder, `${stepName(checkpoint.step)}.partial-${randomBytes(4).toString("hex")}`);
  attempt(path, "save the checkpoint", () => {
    const arrays = arraySizes(runDir);
    const parts = encoded(checkpoint, arrays);
    syncFiles(runDir, [files.rows, files.events, ...Object.keys(arrays).map((name) => join(files.arrays, name))], disk);
    disk.mkdirSync(folder, { recursive: true });
    syncDirectory(runDir, disk);
    try {
      disk.mkdirSync(aside);
      for (const [name, bytes] of Object.entries(parts)) writeSynced(join(aside, name), bytes, disk);
      syncDirectory(aside, disk);
      putInPlace(aside, path, disk);
    } catch (thrown) {
      removeQuietly(aside, disk);
      throw thrown;
    }
  });
  return path;
}

function encoded(
  { state, analyzers, ...rest }: Checkpoint,
  arrays: Readonly<Record<string, number>>,
): Readonly<Record<string, readonly Uint8Array[] | string>> {
  const stateBytes = safetensorsPieces(state, { step: String(rest.step) });
  const analyzerBytes = safetensorsPieces(flattened(analyzers));
  const manifest: Manifest = {
    format: checkpointFormat,
    ...rest,
    config: trainingConfig(rest.config),
    configHash: hashOfConfig(rest.config),
    analyzers: Object.keys(analyzers),
    arrays,
    files: { [stateFile]: sha256(...stateBytes), [analyzersFile]: sha256(...analyzerBytes) },
  };
  return {
    [stateFile]: stateBytes,
    [analyzersFile]: analyzerBytes,
    [manifestFile]: `${JSON.stringify({ ...manifest, hash: hashOfManifest(manifest) }, null, 2)}\n`,
  };
}

/** Renames the new checkpoint to its name; one of the same step steps aside first, and counts until the new one is there. */
function putInPlace(aside: string, path: string, disk: Disk): void {
  const folder = dirname(path);
  const old = existsSync(path) ? `${path}.old-${randomBytes(4).toString("hex")}` : undefined;
  if (old !== undefined) disk.renameSync(path, old);
  disk.renameSync(aside, path);
  syncDirectory(folder, disk);
  if (old !== undefined) removeQuietly(old, disk);
}

function syncFiles(runDir: string, names: readonly string[], disk: Disk): void {
  for (const name of names) {
    if (!existsSync(join(runDir, name))) continue;
    const file = disk.openSync(join(runDir, name), "r+");
    try {
      disk.fsyncSync(file);
    } finally {
      disk.closeSync(file);
    }
  }
}

/**
 * Loads a checkpoint. With the config of the run that is to go on, throws `checkpoint.mismatch` naming the keys that differ;
 * except `changed` ones, which are meant to; throws `checkpoint.invalid` for one that is damaged or of a newer format.
 */
export function loadCheckpoint(
  path: string,
  config?: Readonly<Record<string, unknown>>,
  changed: ReadonlySet<string> = new Set(),
): Checkpoint {
  const { manifest, state, analyzers } = readVerified(path);
  if (config !== undefined && hashOfConfig(config) !== manifest.configHash) {
    const wanted = JSON.parse(JSON.stringify(trainingConfig(config)));
    // A key that the checkpoint's release did not know has its default: nothing else could have been meant.
    const differences = differencesOf(manifest.config, wanted).filter(({ a, keyPath }) => {
      return a !== undefined && !changed.has(keyPath);
    });
    if (differences.length > 0) throw checkpointMismatch(path, differences);
  }
  const { step, tokens, seq, cursor } = manifest;
  try {
    return {
      step,
      tokens,
      seq,
      cursor,
      config: manifest.config,
      state: decodeSafetensors(state, join(path, stateFile)).arrays,
      analyzers: grouped(decodeSafetensors(analyzers, join(path, analyzersFile)).arrays, manifest.analyzers),
    };
  } catch (thrown) {
    throw invalidCheckpoint(basename(path), reasonOf(thrown), thrown);
  }
}

/** `{ name: { key: array } }` as `{ "name/key": array }`. */
function flattened(analyzers: Checkpoint["analyzers"]): Arrays {
  const entries = Object.entries(analyzers).flatMap(([name, arrays]) => {
    if (name.includes("/")) throw internal(`an analyzer is called \`${name}\``);
    return Object.entries(arrays).map(([key, array]) => [`${name}/${key}`, array] as const);
  });
  return Object.fromEntries(entries);
}

function grouped(arrays: Arrays, names: readonly string[]): Record<string, Arrays> {
  const groups = new Map<string, [string, NDArray][]>(names.map((name) => [name, []]));
  for (const [key, array] of Object.entries(arrays)) {
    const slash = key.indexOf("/");
    groups.get(key.slice(0, slash))?.push([key.slice(slash + 1), array]);
  }
  return Object.fromEntries([...groups].map(([name, entries]) => [name, Object.fromEntries(entries)]));
}
