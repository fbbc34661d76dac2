import { existsSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { notOwnFile } from "../../../../core/errors/errors.ts";
import { isWithin, makeOwnFolder, ownPath, ownText } from "../../../../core/files/own-file.ts";
import { makeFolder, swapFile } from "../../../../core/record/disk.ts";
import { isSealed, sealOf } from "../../../../core/record/seal.ts";
import { logElsewhere } from "../errors.ts";

/** What a run directory keeps of its W&B run, in `wandb.json`. */
export interface Pointer {
  /** The transaction log, relative to the run directory where it lies inside. */
  readonly log: string;
  readonly id: string;
}

const pointerName = "wandb.json";

/** Where a log may lie beside the run directory. */
export interface LogPlaces {
  /** The folder that the user's own settings give for `wandb/`. */
  readonly dir?: string | undefined;
  /** The user vouches for the directory, so that its log may lie anywhere. */
  readonly trusted?: boolean | undefined;
}

/**
 * The log of an earlier part of the run; its path absolute. Undefined where there is none, or it is gone. It lies in the directory,
 * or in the user's own folder for logs, or where a pointer with their seal says: throws `run.untrusted` for one elsewhere, and
 * `run.damaged` for what is no log.
 */
export function readPointer(runDir: string, places: LogPlaces = {}): Pointer | undefined {
  const text = ownText(runDir, pointerName, 65536);
  const { log, id, seal } = parsed(text ?? "null");
  if (typeof log !== "string" || typeof id !== "string" || log === "") return undefined;
  const path = resolve(runDir, log);
  if (!existsSync(path)) return undefined;
  const real = realpathSync(path);
  const folders = [
    runDir,
    ...(places.dir === undefined ? [] : [join(places.dir, "wandb"), join(places.dir, ".wandb")]),
  ];
  const known = folders.some((folder) => existsSync(folder) && isWithin(realpathSync(folder), real));
  if (!known && !places.trusted && !isSealed(sealedPart(runDir, { log, id }), seal)) {
    throw logElsewhere(join(runDir, pointerName), path, dirname(dirname(dirname(path))));
  }
  if (!statSync(real).isFile() || !path.endsWith(".wandb")) throw notOwnFile(path, "a W&B log", "something else");
  return { log: path, id };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export function writePointer(runDir: string, { log, id }: Pointer): void {
  const inside = relative(runDir, log);
  const elsewhere = inside.startsWith("..") || isAbsolute(inside);
  const pointer = { log: elsewhere ? log : inside, id };
  const seal = elsewhere ? sealOf(sealedPart(runDir, pointer)) : undefined;
  swapFile(join(runDir, pointerName), `${JSON.stringify({ ...pointer, ...(seal && { seal }) }, null, 2)}\n`);
}

function sealedPart(runDir: string, { log, id }: Pointer): unknown {
  return { run: basename(runDir), log, id };
}

/**
 * Makes `<root>/wandb/run-YYYYMMDD_HHMMSS-<id>/` (`offline-run-…` offline; `.wandb/` where that exists) as W&B's client
 * does, in local time, and returns the path of the log in it.
 */
export function makeLogFolder(root: string, mode: "online" | "offline", startedAt: number, id: string): string {
  const wandb = existsSync(join(root, ".wandb")) ? join(root, ".wandb") : join(root, "wandb");
  for (let time = startedAt; ; time += 1000) {
    const folder = join(wandb, `${mode === "offline" ? "offline-" : ""}run-${stamp(new Date(time))}-${id}`);
    // One that is there belongs to a run of the same second.
    if (existsSync(folder)) continue;
    makeFolder(join(folder, "files"));
    linkLatest(wandb, folder);
    return join(folder, `run-${id}.wandb`);
  }
}

/** `wandb/latest-run`, by which `wandb leet` finds the run; where links are not to be had it is left out. */
function linkLatest(wandb: string, folder: string): void {
  try {
    rmSync(join(wandb, "latest-run"), { force: true });
    symlinkSync(relative(wandb, folder), join(wandb, "latest-run"));
  } catch {}
}

function stamp(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/**
 * Where a file of an artifact stands, beside the log, so that it moves with it. Undefined for a name that would lead elsewhere: a log
 * may come from anywhere.
 */
export function artifactPath(log: string, digest: string, name: string): string | undefined {
  const root = join(dirname(log), "artifacts", digest);
  const path = resolve(root, name);
  return /^[0-9a-f]{32}$/.test(digest) && path.startsWith(root + sep) ? path : undefined;
}

/** A file of a folder beside a log, after all links; undefined where it is gone, or its name or a link leads out of that folder. */
export function fileBeside(log: string, folder: string, ...names: readonly string[]): string | undefined {
  try {
    const root = ownPath(dirname(log), folder, "folder");
    return root && ownPath(root, join(...names));
  } catch {
    return undefined;
  }
}

/** Makes a folder beside a log. Throws `run.damaged` where a link leads elsewhere. */
export function folderBeside(log: string, name: string): string {
  return makeOwnFolder(dirname(log), name);
}
