/** `experiment sweep --dry-run`: the runs of a plan, and what they would take. */
import type { PluginTable } from "../../core/host/registry.ts";
import { duration } from "../../core/run/step-line.ts";
import type { NamedSweep } from "../../studies/sweep/executor.ts";
import { shortKey, valueText } from "../../studies/sweep/settings.ts";
import { statesOf } from "../../studies/sweep/states.ts";
import { type Estimate, estimateOf } from "../../studies/sweep/trial.ts";
import { bytesText, jsonText } from "../numbers.ts";
import { createStatusLine } from "../status-line.ts";
import { bold, sanitise, table } from "../terminal.ts";

interface Options {
  readonly jobs: number | undefined;
  readonly trial: boolean;
  readonly json: boolean;
}

/** Rows of the table before it is cut in the middle. */
const most = 40;

export async function dryRun(
  { sweep }: NamedSweep,
  todo: readonly number[],
  plugins: PluginTable,
  { jobs, trial, json }: Options,
): Promise<void> {
  const line = createStatusLine(process.stderr);
  line.draw("trying the first run …");
  const estimate = trial && todo.length > 0 ? await estimateOf(sweep, todo, plugins) : undefined;
  line.clear();
  const states = statesOf(sweep);
  if (json) {
    const runs = states.map(({ run, state }) => ({ ...run, state }));
    console.log(
      jsonText({ sweep: sweep.name, root: sweep.root, runs, todo: todo.length, ...(estimate && { estimate }) }),
    );
    return;
  }
  const rows = states.map(({ run, state }) => [
    String(run.index),
    ...sweep.keys.map((key) => sanitise(valueText(run.settings[key]), 40)),
    run.id,
    state,
  ]);
  const head = ["index", ...sweep.keys.map((key) => sanitise(shortKey(key, sweep.keys), 40)), "id", "state"].map(bold);
  const gap = rows.length > most ? [[`… ${rows.length - most} more`]] : [];
  const shown = rows.length > most ? [...rows.slice(0, most - 5), ...gap, ...rows.slice(-5)] : rows;
  console.log(table([head, ...shown]));
  console.log(`${rows.length} runs, ${todo.length} to do.${estimate ? ` ${estimateText(estimate, jobs)}` : ""}`);
}

function estimateText({ ms, bytes, steps, index, scaled }: Estimate, jobs: number | undefined): string {
  const together =
    jobs === undefined || jobs === 1 ? "" : ` (${duration(ms / jobs)} if ${jobs} at a time lose nothing)`;
  const how = scaled ? ", others by their sizes" : "";
  return `About ${duration(ms)} one after another${together} and ${bytesText(bytes)} on disk, from ${steps} steps of run ${index}${how}.`;
}
