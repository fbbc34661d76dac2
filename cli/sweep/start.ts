/** `experiment sweep`: does what is missing of a plan. */
import { manyRuns } from "../../core/errors/errors.ts";
import { checkPlugins } from "../../studies/sweep/check.ts";
import { statesOf } from "../../studies/sweep/states.ts";
import { statusOf, todoOf } from "../../studies/sweep/status.ts";
import type { LoadPlugins } from "../command.ts";
import { jsonText } from "../numbers.ts";
import { createStatusLine } from "../status-line.ts";
import { carryOut } from "./carry-out.ts";
import { dryRun } from "./dry-run.ts";
import { namedSweep, type PlanArguments } from "./open.ts";
import { statusText } from "./status-text.ts";

type Arguments = PlanArguments & {
  readonly on: string | undefined;
  readonly jobs: number | undefined;
  readonly yes: boolean;
  readonly json: boolean;
};

type SweepArguments = Arguments & {
  readonly dryRun: boolean;
  readonly trial: boolean;
  readonly retry: "failed" | undefined;
};

/** From so many runs on, the user must have said so. */
const many = 10_000;

export async function retryCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  await sweepCommand({ ...args, dryRun: false, trial: false, retry: "failed" }, plugins);
}

export async function sweepCommand(args: SweepArguments, plugins: LoadPlugins): Promise<void> {
  const named = await namedSweep(args);
  const { sweep } = named;
  const table = await plugins();
  const line = createStatusLine(process.stderr);
  for (const note of sweep.notes) line.warn(note);
  await checkPlugins(sweep, table);
  const todo = todoOf(statesOf(sweep), args.retry === "failed");
  if (args.dryRun) return dryRun(named, todo, table, args);
  if (sweep.runs.length > many && !args.yes) throw manyRuns(sweep.name, sweep.runs.length, many);

  const { stopped, elsewhere } = await carryOut(named, todo, args, table);
  if (stopped) process.exitCode = 130;
  const status = await statusOf(sweep);
  console.log(args.json ? jsonText(status) : statusText(status, { ...args, elsewhere }));
  const whole = status.counts.finished === status.runs && status.troubled.length === 0;
  if (!elsewhere && !whole) process.exitCode ??= 1;
}
