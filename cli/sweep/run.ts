/** `experiment sweep run`: one run of a plan, or several one after another, in this process. */

import { noIndex } from "../../core/errors/errors.ts";
import { createWorkshop } from "../../core/run/workshop.ts";
import { parseIndices, shareOf } from "../../studies/sweep/indices.ts";
import { labelOf } from "../../studies/sweep/settings.ts";
import { trainPlanned } from "../../studies/sweep/train-planned.ts";
import { type Channel, work } from "../../studies/sweep/worker.ts";
import type { LoadPlugins } from "../command.ts";
import { drawCharts } from "../draw-charts.ts";
import { createProgress } from "../progress.ts";
import { stopOnSignals } from "../signals.ts";
import { sanitise } from "../terminal.ts";
import { namedSweep, type PlanArguments } from "./open.ts";

type Arguments = PlanArguments & {
  readonly index: string | undefined;
  readonly of: string | undefined;
  readonly share: string | undefined;
  readonly threads: number | undefined;
  readonly worker: boolean;
};

/** The code of a run that stopped because its time is nearly up, and wants to be started again (sysexits' EX_TEMPFAIL). */
const tryAgain = 75;

export async function runCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  const { sweep, write } = await namedSweep(args);
  const options = {
    plugins: await plugins(),
    drawCharts,
    ...(args.threads !== undefined && { threads: args.threads }),
  };
  if (args.worker) return work(sweep, process as Channel, options);
  write();
  const indices = chosenIndices(args, sweep.runs.length);
  const progress = createProgress(process.stderr);
  // A scheduler's TERM comes twice: to this process, and to the shell around it, which passes it on.
  const stopping = stopOnSignals((message) => progress.warning?.(message), ["SIGINT"]);
  const workshop = createWorkshop();
  let code = 0;
  try {
    for (const index of indices) {
      if (stopping.signal.aborted) break;
      const { state, reason, already } = await trainPlanned(sweep, index, {
        ...options,
        workshop,
        signal: stopping.signal,
        observer: progress,
      });
      const label = sanitise(labelOf(sweep.runs[index]!.settings, sweep.keys));
      console.log(
        [`run ${index} (${label}): ${state}${already ? " before" : ""}`, reason && sanitise(reason, 400)]
          .filter(Boolean)
          .join(": "),
      );
      if (state === "failed" || state === "killed" || state === "busy") code = 1;
    }
    const interrupted = stopping.signal.reason === "SIGUSR2" ? tryAgain : 130;
    process.exitCode = stopping.signal.aborted ? interrupted : code;
  } finally {
    stopping.stop();
    await workshop.close();
  }
}

function chosenIndices({ index, of, share }: Arguments, count: number): number[] {
  const all = of === undefined ? Array.from({ length: count }, (_, i) => i) : parseIndices(of, "--of");
  if (share !== undefined) return shareOf(all, share);
  const { SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX } = process.env;
  const text = index ?? of ?? SLURM_ARRAY_TASK_ID ?? JOB_COMPLETION_INDEX;
  if (text === undefined) throw noIndex(count);
  return parseIndices(text, "--index");
}
