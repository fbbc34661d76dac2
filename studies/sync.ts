/** Syncs runs: each with every sink of its config that knows how. One that cannot be synced is named, and the others go on. */
import { basename, dirname } from "node:path";
import { parseWith } from "../core/config/check.ts";
import { withSecretsOf } from "../core/config/secrets.ts";
import type { StoredRun, Synced, SyncHost } from "../core/contract/sink.ts";
import { reasonOf } from "../core/errors/errors.ts";
import { type PluginTable, resolvePlugin } from "../core/host/registry.ts";
import { takeLock } from "../core/record/lock.ts";
import { runState } from "../core/record/run-file.ts";
import { type FoundRun, listRuns, readRun, resolveRun } from "../core/record/runs.ts";
import { vouched, type Word } from "../core/run/trust.ts";
import { forgetUndelivered } from "./sweep/failures.ts";

/** Which runs, and where plugins come from. */
export interface SyncRequest {
  /** Folder of the run directories, absolute. */
  readonly root: string;
  /** Ids, names, paths or `latest`; empty for every run. */
  readonly refs: readonly string[];
  readonly plugins: PluginTable;
  readonly word?: Word;
  /** See `LockOptions`. */
  readonly takeOver?: boolean | undefined;
}

/** One report for each run and sink, in order. Throws for a run that is not there, before anything is sent. */
export async function syncRuns(request: SyncRequest, host: SyncHost): Promise<Synced[]> {
  const { root, refs, plugins, word = {}, takeOver = false } = request;
  const { dirs, damaged } =
    refs.length === 0 ? everyRun(root) : { dirs: refs.map((ref) => resolveRun(root, ref)), damaged: [] };
  const reports: Synced[] = [];
  for (const dir of dirs) {
    // What has thrown is said of this run: the others have rows to be sent too.
    try {
      const own = await held(dir, takeOver, (run, check) => syncRun(run, check, plugins, word, host));
      reports.push(...own);
      if (own.length > 0 && own.every(({ state }) => state !== "partial"))
        forgetUndelivered(dirname(dir), basename(dir));
    } catch (thrown) {
      reports.push(failed(dir, reasonOf(thrown)));
    }
  }
  return [...reports, ...damaged.map(({ dir, problem }) => failed(dir, problem))];
}

type Sync = (run: FoundRun, check?: () => void) => Promise<Synced[]>;

/**
 * Holds the run's lock meanwhile, so that nobody goes on with it or syncs it too; a run that trains is only read. What is known of
 * the run is read once the lock is held, and again after the sync of one that trained: it may have ended.
 */
async function held(dir: string, takeOver: boolean, sync: Sync): Promise<Synced[]> {
  for (;;) {
    const before = readRun(dir);
    if (isHeld(before) && !takeOver) {
      const reports = await sync(before);
      if (isHeld(readRun(dir))) return reports;
      continue;
    }
    const lock = takeLock(dir, Date.now(), { takeOver, task: "sync" });
    try {
      // The lock is this process's own: only run.json says how the run ended.
      const { run } = readRun(dir);
      return await sync({ dir, run, state: runState(run, "none") }, lock.check);
    } finally {
      lock.release();
    }
  }
}

/** Whether a process that trains holds the run, or may. */
function isHeld({ state }: FoundRun): boolean {
  return state === "running" || state === "lost";
}

function everyRun(root: string) {
  const { runs, damaged } = listRuns(root);
  return { dirs: runs.map(({ dir }) => dir), damaged };
}

function failed(dir: string, reason: string): Synced {
  return { state: "partial", message: `${basename(dir)}: not synced: ${reason}` };
}

async function syncRun(
  found: FoundRun,
  check: (() => void) | undefined,
  plugins: PluginTable,
  word: Word,
  host: SyncHost,
): Promise<Synced[]> {
  const { run, dir, state } = found;
  const { config, baseDir, whole } = vouched(run, word, plugins, ["sink"]);
  const { sinks = {} } = withSecretsOf(config, word.present?.config) as { sinks?: Readonly<Record<string, unknown>> };
  // A run whose process may live on another machine counts as running: only that process may end it.
  const live = state === "lost" ? "running" : state;
  const stored: StoredRun = { id: basename(dir), dir, state: live, trusted: whole, ...(check && { check }) };
  const reports: Synced[] = [];
  for (const [name, options] of Object.entries(sinks)) {
    const { plugin: sink } = await resolvePlugin("sink", name, plugins, baseDir);
    if (sink.sync === undefined) continue;
    reports.push(await sink.sync(stored, parseWith(sink.options, options ?? {}, ["sinks", name], {}) as never, host));
  }
  return reports;
}
