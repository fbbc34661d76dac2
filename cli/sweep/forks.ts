/** Forks that a study wants, made by an executor. */
import path from "node:path";
import { ExperimentError } from "../../core/errors/errors.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import type { RunRequest } from "../../core/run/request.ts";
import type { Word } from "../../core/run/trust.ts";
import { type ForkSweep, forkSweep } from "../../studies/sweep/fork-sweep.ts";
import { type FoundPlan, readPlan } from "../../studies/sweep/plan.ts";
import { type FoundState, statesOf } from "../../studies/sweep/states.ts";
import { todoOf } from "../../studies/sweep/status.ts";
import { createStatusLine } from "../status-line.ts";
import { type CarriedOut, type CarryOutOptions, carryOut } from "./carry-out.ts";

interface ForksOptions extends CarryOutOptions, Pick<ForkSweep, "name" | "root"> {
  readonly word: Word;
}

/** Makes those that are missing, also those that failed before, and says where all of them stand. One fork at least. */
export async function makeForks(
  requests: readonly RunRequest[],
  { word, on, jobs, ...to }: ForksOptions,
  table: PluginTable,
): Promise<CarriedOut & { readonly states: readonly FoundState[] }> {
  const found = on === undefined ? undefined : await planOfConfig();
  const named = forkSweep(requests, { ...to, config: word.present?.file, found });
  const { sweep } = named;
  const line = createStatusLine(process.stderr);
  for (const note of sweep.notes) line.warn(note);
  const done = await carryOut(named, todoOf(statesOf(sweep), true), { on: on ?? "local", jobs }, table);
  const states = statesOf(sweep);
  if (done.elsewhere && states.some(({ state }) => state !== "finished")) {
    const file = path.relative("", sweep.file);
    line.print(`where they stand: experiment sweep status ${file} --on ${done.elsewhere.name}`);
  }
  return { ...done, states };
}

/** The plan of the rc file, for the options of its executors; a config without one has none. */
async function planOfConfig(): Promise<FoundPlan | undefined> {
  try {
    return await readPlan(process.cwd(), undefined);
  } catch (thrown) {
    if (thrown instanceof ExperimentError && thrown.code === "usage") return undefined;
    throw thrown;
  }
}
