/** Hands runs of a sweep to an executor, and shows how it goes. */
import type { PluginTable } from "../../core/host/registry.ts";
import {
  type Elsewhere,
  elsewhereOf,
  executorOf,
  jobOf,
  type NamedSweep,
  submit,
} from "../../studies/sweep/executor.ts";
import { stopOnSignals } from "../signals.ts";
import { createStatusLine } from "../status-line.ts";
import { createSweepProgress } from "./progress.ts";

/** What a command line says of it. */
export interface CarryOutOptions {
  readonly on: string | undefined;
  readonly jobs: number | undefined;
}

/** How it went. */
export interface CarriedOut {
  /** The user stopped it. */
  readonly stopped: boolean;
  /** The executor that does the runs later, where they are submitted elsewhere. */
  readonly elsewhere: Elsewhere | undefined;
}

/** Does the runs with these indices. Throws when the executor is not there or does not take them. */
export async function carryOut(
  named: NamedSweep,
  todo: readonly number[],
  { on, jobs }: CarryOutOptions,
  table: PluginTable,
): Promise<CarriedOut> {
  const executor = await executorOf(named, on, table);
  const elsewhere = () => elsewhereOf(named, on, async () => table);
  if (todo.length === 0) return { stopped: false, elsewhere: await elsewhere() };
  const line = createStatusLine(process.stderr);
  const stopping = stopOnSignals((message) =>
    line.warn(message.replace("the step and saving a checkpoint", "what runs, with a checkpoint each")),
  );
  const progress = createSweepProgress(line, named.sweep, todo.length);
  try {
    const said = await submit(named, executor, jobOf(named, todo, jobs), progress.host, stopping.signal);
    progress.end();
    if (said !== "") line.print(said);
  } finally {
    progress.end();
    stopping.stop();
  }
  return { stopped: stopping.signal.aborted, elsewhere: await elsewhere() };
}
