/** `experiment sweep run`: one run of a plan, or several one after another, in this process. */
import path from "node:path";
import { noIndex } from "../../core/errors/errors.ts";
import { lockState } from "../../core/record/lock.ts";
import { createWorkshop } from "../../core/run/workshop.ts";
import { parseIndices, shareOf } from "../../studies/sweep/indices.ts";
import { labelOf } from "../../studies/sweep/settings.ts";
import { trainPlanned } from "../../studies/sweep/train-planned.ts";
import { type Channel, work } from "../../studies/sweep/worker.ts";
import type { LoadPlugins } from "../command.ts";
import { drawCharts } from "../draw-charts.ts";
import { giveHeapRoom } from "../heap-room.ts";
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
  giveHeapRoom();
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
  const { signal } = stopping;
  const say = (index: number, what: string, reason = "") => {
    const label = sanitise(labelOf(sweep.runs[index]!.settings, sweep.keys));
    console.log([`run ${index} (${label}): ${what}`, sanitise(reason, 400)].filter(Boolean).join(": "));
  };
  let code = 0;
  try {
    const held: number[] = [];
    const once = async (index: number, last: boolean) => {
      const given = { ...options, workshop, signal, observer: progress };
      const { state, reason, already } = await trainPlanned(sweep, index, given);
      const waits = state === "busy" && !last;
      if (waits) held.push(index);
      say(index, waits ? "waits for the process that has it" : `${state}${already ? " before" : ""}`, reason);
      if (!waits && ["failed", "killed", "busy"].includes(state)) code = 1;
    };
    for (const index of indices) if (!signal.aborted) await once(index, false);
    for (const index of held) {
      await untilFree(path.join(sweep.root, sweep.runs[index]!.id), signal);
      if (!signal.aborted) await once(index, true);
    }
    const interrupted = signal.reason === "SIGUSR2" ? tryAgain : 130;
    process.exitCode = signal.aborted ? interrupted : code;
  } finally {
    stopping.stop();
    await workshop.close();
  }
}

/** Between two looks at a lock, ms. */
const recheck = 500;

/** Until nobody who gives signs of life holds a run: an owner that is gone, also on another machine, holds nothing for long. */
async function untilFree(dir: string, signal: AbortSignal): Promise<void> {
  while (lockState(dir) === "live" && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, recheck));
}

function chosenIndices({ index, of, share }: Arguments, count: number): number[] {
  const all = of === undefined ? Array.from({ length: count }, (_, i) => i) : parseIndices(of, "--of");
  if (share !== undefined) return shareOf(all, share);
  const { SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX } = process.env;
  const text = index ?? of ?? SLURM_ARRAY_TASK_ID ?? JOB_COMPLETION_INDEX;
  if (text === undefined) throw noIndex(count);
  return parseIndices(text, "--index");
}
