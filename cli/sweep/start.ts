/** `experiment sweep`: hands what is missing of a plan to an executor, and shows how it goes. */
import { manyRuns } from "../../core/errors/errors.ts";
import { checkPlugins } from "../../studies/sweep/check.ts";
import { executorOf, jobOf, submit } from "../../studies/sweep/executor.ts";
import { statesOf } from "../../studies/sweep/states.ts";
import { statusOf, todoOf } from "../../studies/sweep/status.ts";
import type { LoadPlugins } from "../command.ts";
import { jsonText } from "../numbers.ts";
import { stopOnSignals } from "../signals.ts";
import { createStatusLine } from "../status-line.ts";
import { dryRun } from "./dry-run.ts";
import { namedSweep, type PlanArguments } from "./open.ts";
import { createSweepProgress } from "./progress.ts";
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

  const executor = await executorOf(named, args.on, table);
  if (todo.length > 0) {
    const stopping = stopOnSignals((message) =>
      line.warn(message.replace("the step and saving a checkpoint", "what runs, with a checkpoint each")),
    );
    const progress = createSweepProgress(line, sweep, todo.length);
    try {
      const job = jobOf(named, todo, args.jobs);
      const said = await submit(named, executor, job, progress.host, stopping.signal);
      progress.end();
      if (said !== "") line.print(said);
    } finally {
      progress.end();
      stopping.stop();
    }
    if (stopping.signal.aborted) process.exitCode = 130;
  }
  const status = await statusOf(sweep);
  console.log(args.json ? jsonText(status) : statusText(status, args.plan));
  const elsewhere = executor.queue !== undefined || executor.cancel !== undefined;
  if (!elsewhere && status.counts.finished < status.runs) process.exitCode ??= 1;
}
