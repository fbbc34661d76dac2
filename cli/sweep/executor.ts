/** The executor that a command or a plan names, with its options checked. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseWith } from "../../core/config/check.ts";
import type { ExecutorInstance, SweepJob } from "../../core/contract/executor.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { resolvePlugin } from "../../core/host/registry.ts";
import type { NamedSweep } from "./open.ts";

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

/** What an executor is handed. */
export function jobOf({ sweep }: NamedSweep, runs: readonly number[], atOnce: number | undefined): SweepJob {
  return {
    name: sweep.name,
    folder: sweep.folder,
    runs,
    planned: sweep.runs.length,
    plan: sweep.file,
    ...(atOnce !== undefined && { atOnce }),
    command: [
      process.execPath,
      ...process.execArgv.filter((arg) => arg.startsWith("--import")),
      mainFile(),
      "sweep",
      "run",
      sweep.file,
    ],
    cwd: process.cwd(),
  };
}

function mainFile(): string {
  const own = fileURLToPath(import.meta.url);
  return path.join(path.dirname(own), "..", `main${path.extname(own)}`);
}
