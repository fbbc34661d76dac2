/** Syncs runs: each with every sink of its config that knows how. */
import { parseWith } from "../core/config/check.ts";
import type { StoredRun, Synced, SyncHost } from "../core/contract/sink.ts";
import { type PluginTable, resolvePlugin } from "../core/host/registry.ts";
import { type FoundRun, listRuns, readRun, resolveRun } from "../core/record/runs.ts";

/** Which runs, and where plugins come from. */
export interface SyncRequest {
  /** Folder of the run directories, absolute. */
  readonly root: string;
  /** Ids, names, paths or `latest`; empty for every run. */
  readonly refs: readonly string[];
  readonly plugins: PluginTable;
}

/** One report for each run and sink, in order. Throws for a run that is not there, before anything is sent. */
export async function syncRuns({ root, refs, plugins }: SyncRequest, host: SyncHost): Promise<Synced[]> {
  const found = refs.length === 0 ? listRuns(root).runs : refs.map((ref) => readRun(resolveRun(root, ref)));
  const reports: Synced[] = [];
  for (const run of found) reports.push(...(await syncRun(run, plugins, host)));
  return reports;
}

async function syncRun({ run, dir, state }: FoundRun, plugins: PluginTable, host: SyncHost): Promise<Synced[]> {
  const { sinks = {} } = run.config as { sinks?: Readonly<Record<string, unknown>> };
  // A run whose process may live on another machine counts as running: only that process may end it.
  const stored: StoredRun = { id: run.id, dir, state: state === "lost" ? "running" : state };
  const reports: Synced[] = [];
  for (const [name, options] of Object.entries(sinks)) {
    const { plugin: sink } = await resolvePlugin("sink", name, plugins, run.baseDir);
    if (sink.sync === undefined) continue;
    reports.push(await sink.sync(stored, parseWith(sink.options, options ?? {}, ["sinks", name], {}) as never, host));
  }
  return reports;
}
