import { existsSync, readFileSync, rmSync } from "node:fs";
import { swapFile } from "../../../../core/record/disk.ts";
import type { LineCounts, Placement } from "./placement.ts";

/** When a run may be one that the server has: W&B's own words. */
export const resumeModes = ["allow", "must", "never", "auto"] as const;
export type ResumeMode = (typeof resumeModes)[number];

/** How many lines of each of a run's files a server has acknowledged; kept beside the log, so that an upload can go on. */
export interface Progress extends LineCounts {
  /** Server and run that the counts belong to: `<base URL>/<entity>/<project>/<id>`. */
  readonly target: string;
  /** The file that was sent, by its inode: when rows are superseded another file takes its place. */
  readonly generation: number;
  /** Where the log begins in the run; undefined until the server took the first of it. */
  readonly base?: Placement;
  /** What `resume` was when the run began; it holds wherever the upload is made. */
  readonly resume?: ResumeMode;
  /** Files under `files/` that are there. */
  readonly files: readonly string[];
  /** Digests of artifacts that are there. */
  readonly artifacts: readonly string[];
  /** Exit code that the server was told, once everything before it was acknowledged. */
  readonly exitCode?: number;
}

export function noProgress(target: string, generation: number): Progress {
  return { target, generation, history: 0, events: 0, output: 0, files: [], artifacts: [] };
}

/** The marker by which W&B's own client knows that a log is uploaded. */
export function syncedMarker(log: string): string {
  return `${log}.synced`;
}

/** Says that a log is uploaded. */
export function markSynced(log: string): void {
  swapFile(syncedMarker(log), "");
}

function progressPath(log: string): string {
  return log.replace(/\.wandb$/, ".sync.json");
}

/** Whether a server may have rows of this log already. */
export function uploadBegun(log: string): boolean {
  return existsSync(progressPath(log)) && stored(log)?.history !== 0;
}

/**
 * The progress of this file towards `target`. Where rows were superseded, so that another file took its place, the lines are to be
 * sent again to where they stand; without a record, or with one about another target, nothing is known.
 */
export function readProgress(log: string, target: string, generation: number): Progress {
  const found = stored(log);
  if (found?.target === target && found.generation === generation) return found;
  const { base, resume } = found ?? {};
  const kept = { ...(found?.target === target && base && { base }), ...(resume && { resume }) };
  return { ...noProgress(target, generation), ...kept };
}

export function writeProgress(log: string, progress: Progress): void {
  const path = progressPath(log);
  swapFile(path, JSON.stringify(progress));
}

/** The run goes on; its log is the file `generation` and holds `lines` now: what a server has beyond them is to be sent anew. */
export function rewindProgress(log: string, lines: LineCounts, generation: number): void {
  rmSync(syncedMarker(log), { force: true });
  const found = stored(log);
  if (found === undefined) return;
  const { exitCode: _, ...open } = found;
  writeProgress(log, {
    ...open,
    generation,
    history: Math.min(found.history, lines.history),
    events: Math.min(found.events, lines.events),
    output: Math.min(found.output, lines.output),
  });
}

function stored(log: string): Progress | undefined {
  const path = progressPath(log);
  if (!existsSync(path)) return undefined;
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as Progress;
    const counts = [found.history, found.events, found.output];
    const valid = typeof found.target === "string" && counts.every((n) => Number.isInteger(n) && n >= 0);
    const list = (value: unknown) => (Array.isArray(value) ? (value as string[]) : []);
    return valid ? { ...found, files: list(found.files), artifacts: list(found.artifacts) } : undefined;
  } catch {
    return undefined;
  }
}
