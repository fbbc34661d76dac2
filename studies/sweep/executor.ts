/** The executor that a command or a plan names, with its options checked, and what it is handed. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseWith } from "../../core/config/check.ts";
import type { ExecutorInstance, Queue, SweepHost, SweepJob } from "../../core/contract/executor.ts";
import { ExperimentError } from "../../core/errors/errors.ts";
import { type PluginTable, resolvePlugin } from "../../core/host/registry.ts";
import { makeFolder } from "../../core/record/disk.ts";
import { markHere } from "./here.ts";
import type { FoundPlan } from "./plan.ts";
import type { OpenSweep } from "./snapshot.ts";

/** A sweep with its plan; a snapshot has none. */
export interface NamedSweep {
  readonly sweep: OpenSweep;
  readonly found: FoundPlan | undefined;
  /** Puts the snapshot on disk, where it is not yet. */
  write(): void;
}

/** Finds it. Options come from the plan; an executor that `--on` names and the plan does not has its defaults. */
export async function executorOf(
  { found }: NamedSweep,
  on: string | undefined,
  plugins: PluginTable,
): Promise<ExecutorInstance & { name: string }> {
  const planned = found?.plan.executor ?? {};
  const name = on ?? Object.keys(planned)[0] ?? "local";
  const folder = found === undefined ? process.cwd() : path.dirname(found.file);
  const { plugin } = await resolvePlugin("executor", name, plugins, folder);
  const at = found?.where.endsWith(": sweep") ? ["sweep", "executor", name] : ["executor", name];
  const options = parseWith<unknown>(plugin.options, planned[name] ?? {}, at, { [at[0]!]: found?.where ?? "" });
  return { ...plugin.setup(options as never), name: plugin.name };
}

/** An executor that does runs in other places than this process, and what it has of them. */
export interface Elsewhere {
  readonly name: string;
  /** Undefined where that cannot be told from here. */
  readonly queue: Queue | undefined;
}

/** Which one has a sweep's runs; undefined where none has, or the local one. */
export async function elsewhereOf(
  named: NamedSweep,
  on: string | undefined,
  plugins: () => Promise<PluginTable>,
): Promise<Elsewhere | undefined> {
  const planned = on ?? Object.keys(named.found?.plan.executor ?? {})[0] ?? "local";
  if (planned === "local") return undefined;
  const executor = await executorOf(named, on, await plugins());
  if (executor.queue === undefined && executor.cancel === undefined) return undefined;
  try {
    return { name: executor.name, queue: await executor.queue?.(jobOf(named, [], undefined)) };
  } catch (thrown) {
    if (thrown instanceof ExperimentError) return { name: executor.name, queue: undefined }; // its commands are not here
    throw thrown;
  }
}

/** What an executor is handed. */
export function jobOf({ sweep }: NamedSweep, runs: readonly number[], atOnce: number | undefined): SweepJob {
  return {
    name: sweep.name,
    folder: sweep.folder,
    runs,
    ids: runs.map((index) => sweep.runs[index]!.id),
    planned: sweep.runs.length,
    plan: sweep.file,
    ...(atOnce !== undefined && { atOnce }),
    command: [process.execPath, ...loader(), mainFile, "sweep", "run", sweep.file],
    cwd: process.cwd(),
  };
}

/** Hands runs over, with the snapshot on disk and this process on record; the text is what the executor says. */
export async function submit(
  named: NamedSweep,
  executor: ExecutorInstance,
  job: SweepJob,
  host: SweepHost,
  signal: AbortSignal,
): Promise<string> {
  makeFolder(job.folder);
  named.write();
  const here = markHere(job.folder);
  try {
    return await executor.submit(job, host, signal);
  } finally {
    here.remove();
  }
}

const own = fileURLToPath(import.meta.url);
const mainFile = path.join(path.dirname(own), "..", "..", "cli", `main${path.extname(own)}`);

/** What lets Node run these files where they are not built, from any folder. */
function loader(): string[] {
  if (path.extname(own) !== ".ts") return [];
  const given = process.execArgv.join("\n").matchAll(/^--import[=\n](.+)$/gm);
  return Array.from(given, ([, module]) => `--import=${import.meta.resolve(module!)}`);
}
