import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** What a run directory keeps of its W&B run, in `wandb.json`. */
export interface Pointer {
  /** The transaction log, relative to the run directory where it lies inside. */
  readonly log: string;
  readonly id: string;
}

const pointerName = "wandb.json";

/** The log of an earlier part of the run; its path absolute. Undefined where there is none, or it is gone. */
export function readPointer(runDir: string): Pointer | undefined {
  try {
    const { log, id } = JSON.parse(readFileSync(join(runDir, pointerName), "utf8")) as Pointer;
    const path = resolve(runDir, log);
    return typeof id === "string" && existsSync(path) ? { log: path, id } : undefined;
  } catch {
    return undefined;
  }
}

export function writePointer(runDir: string, { log, id }: Pointer): void {
  const inside = relative(runDir, log);
  const kept = inside.startsWith("..") || isAbsolute(inside) ? log : inside;
  const path = join(runDir, pointerName);
  writeFileSync(`${path}.new`, `${JSON.stringify({ log: kept, id }, null, 2)}\n`);
  renameSync(`${path}.new`, path);
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
    mkdirSync(join(folder, "files"), { recursive: true });
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
