import { existsSync, rmSync } from "node:fs";
import { readRegularText } from "../../../../core/files/regular-file.ts";
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
  /**
   * Lines of history that may be on the server, noted before they are sent: more than the log has once rows were superseded.
   */
  readonly reached: number;
  /** Lines of history that the server may hold in an older version: a resumed run writes other rows in their places. */
  readonly rewritten?: LineRange;
  /** Files under `files/` that are there. */
  readonly files: readonly string[];
  /** Digests of artifacts that are there. */
  readonly artifacts: readonly string[];
}

/** Lines `from` to before `to`. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** Names a run on a server, for `Progress.target`. */
export function targetOf(
  { baseUrl }: { readonly baseUrl: string },
  { entity, project, id }: { readonly entity: string; readonly project: string; readonly id: string },
): string {
  return [baseUrl, entity, project, id].join("/");
}

export function noProgress(target: string, generation: number): Progress {
  return { target, generation, history: 0, events: 0, output: 0, reached: 0, files: [], artifacts: [] };
}

/** How much of a log a server has, and what it was told of its end. */
export interface SyncedPart {
  /** The server's address. */
  readonly server: string;
  readonly rows: number;
  /** Bytes of the log up to the end of its last whole record. */
  readonly bytes: number;
  readonly exitCode: number;
}

/** The marker by which W&B's own client knows that a log is uploaded. Theirs is empty; ours says how far. */
export function syncedMarker(log: string): string {
  return `${log}.synced`;
}

/** Says up to where a log is uploaded. */
export function markSynced(log: string, { server, rows, bytes, exitCode }: SyncedPart): void {
  swapFile(syncedMarker(log), `${JSON.stringify({ server, rows, bytes, exitCode })}\n`);
}

/** Whether the marker beside a log speaks of just this part of it; an empty one speaks of none. */
export function isSynced(log: string, { server, rows, bytes, exitCode }: SyncedPart): boolean {
  try {
    const found = JSON.parse(readRegularText(syncedMarker(log), largest)) as Partial<SyncedPart> | null;
    return found?.server === server && found.rows === rows && found.bytes === bytes && found.exitCode === exitCode;
  } catch {
    return false;
  }
}

/** Bytes of what is kept beside a log. */
const largest = 16 << 20;

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
  const { base, resume, reached = 0, rewritten } = found ?? {};
  const there = found?.target === target && {
    reached,
    ...(base && { base }),
    ...spanning(rewritten, { from: 0, to: reached }),
  };
  return { ...noProgress(target, generation), ...there, ...(resume && { resume }) };
}

/** The progress of a log that has never written to its run. */
export function fresh(known: Progress, generation: number): Progress {
  const { base: _, rewritten: __, ...rest } = known;
  return { ...rest, ...noProgress(known.target, generation) };
}

/**
 * The progress without what a server, which counts `lines` of the run, does not have any more. Where nothing is known here of what it
 * was sent, it may hold any version of its lines.
 */
export function stillThere(known: Progress, base: Placement, lines: LineCounts): Progress {
  const unknown = known.base === undefined && spanning(known.rewritten, { from: 0, to: lines.history - base.history });
  const kept = (file: keyof LineCounts) => (lines[file] < base[file] + known[file] ? 0 : known[file]);
  const counts = { history: kept("history"), events: kept("events"), output: kept("output") };
  return { ...known, ...counts, ...unknown, ...(counts.history < known.history && { files: [], artifacts: [] }) };
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
  writeProgress(log, {
    ...found,
    ...spanning(found.rewritten, { from: lines.history, to: found.reached }),
    generation,
    history: Math.min(found.history, lines.history),
    events: Math.min(found.events, lines.events),
    output: Math.min(found.output, lines.output),
  });
}

/** `rewritten` that holds both ranges; empty ones count for nothing. */
export function spanning(one: LineRange | undefined, other: LineRange): { rewritten?: LineRange } {
  const ranges = [one, other].filter((range) => range !== undefined && range.from < range.to) as LineRange[];
  if (ranges.length === 0) return {};
  return {
    rewritten: { from: Math.min(...ranges.map(({ from }) => from)), to: Math.max(...ranges.map(({ to }) => to)) },
  };
}

function stored(log: string): Progress | undefined {
  const path = progressPath(log);
  if (!existsSync(path)) return undefined;
  try {
    const found = JSON.parse(readRegularText(path, largest)) as Progress;
    const reached = found.reached ?? found.history;
    const counts = [found.history, found.events, found.output, reached];
    const valid = typeof found.target === "string" && counts.every((n) => Number.isInteger(n) && n >= 0);
    const list = (value: unknown) => (Array.isArray(value) ? (value as string[]) : []);
    return valid ? { ...found, reached, files: list(found.files), artifacts: list(found.artifacts) } : undefined;
  } catch {
    return undefined;
  }
}
