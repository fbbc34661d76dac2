/** A sweep at a glance: counts by state, what failed and why, what runs, and when it will be done. */
import { labelOf } from "./settings.ts";
import type { OpenSweep } from "./snapshot.ts";
import { type FoundState, progressOf, type SweepState, statesOf, sweepStates } from "./states.ts";

/** A run that is shown by itself. */
export interface ShownRun {
  readonly index: number;
  readonly id: string;
  readonly label: string;
  readonly state: SweepState;
  readonly step?: number;
  readonly steps?: number;
  readonly reason?: string;
}

export interface SweepStatus {
  readonly sweep: string;
  readonly root: string;
  readonly runs: number;
  readonly counts: Readonly<Record<SweepState, number>>;
  readonly running: readonly ShownRun[];
  /** Failed, killed, interrupted, lost and damaged ones, and finished ones with rows that were not delivered. */
  readonly troubled: readonly ShownRun[];
  /** Time until all are done, ms, from how long finished ones took and how many run now; absent where that says nothing. */
  readonly etaMs?: number;
  /** What a reader must know, such as runs of different versions. */
  readonly notes: readonly string[];
}

/** Reads it from the directories. */
export async function statusOf(sweep: OpenSweep): Promise<SweepStatus> {
  const states = statesOf(sweep);
  const counts = Object.fromEntries(sweepStates.map((state) => [state, 0])) as Record<SweepState, number>;
  for (const { state } of states) counts[state]++;
  const running = await Promise.all(
    states
      .filter(({ state }) => state === "running")
      .slice(0, 1000)
      .map(async (found) => ({ ...found, step: await progressOf(found) })),
  );
  const troubled = states.filter(
    ({ state, reason }) => !["running", "waiting"].includes(state) && (state !== "finished" || reason !== undefined),
  );
  const etaMs = remaining(states, running);
  return {
    sweep: sweep.name,
    root: sweep.root,
    runs: states.length,
    counts,
    running: running.map((found) => shownRun(found, sweep)),
    troubled: troubled.map((found) => shownRun(found, sweep)),
    ...(etaMs !== undefined && { etaMs }),
    notes: [...sweep.notes, ...versionNote(states)],
  };
}

function shownRun({ run, state, step, steps, reason }: FoundState, { keys }: OpenSweep): ShownRun {
  return {
    index: run.index,
    id: run.id,
    label: labelOf(run.settings, keys),
    state,
    ...(step !== undefined && { step }),
    ...(steps !== undefined && { steps }),
    ...(reason !== undefined && { reason }),
  };
}

/** Mean time of finished runs times what is left, over as many as run now. */
function remaining(states: readonly FoundState[], running: readonly FoundState[]): number | undefined {
  const took = states.flatMap(({ state, tookMs }) => (state === "finished" && tookMs !== undefined ? [tookMs] : []));
  if (took.length === 0 || running.length === 0) return undefined;
  const each = took.reduce((sum, ms) => sum + ms, 0) / took.length;
  const done = running.reduce((sum, { step = 0, steps = 0 }) => sum + (steps > 0 ? step / steps : 0), 0);
  const waiting = states.filter(({ state }) => state === "waiting").length;
  return (each * (waiting + running.length - done)) / running.length;
}

function versionNote(states: readonly FoundState[]): string[] {
  const versions = new Map<string, number>();
  for (const { version } of states) if (version !== undefined) versions.set(version, (versions.get(version) ?? 0) + 1);
  if (versions.size < 2) return [];
  const list = [...versions].map(([version, count]) => `${version} (${count} runs)`).join(", ");
  return [`These runs were made by different versions of reluscope: ${list}.`];
}

/** Indices of the runs that a start has to do: all that have not finished; those that failed only when asked for. */
export function todoOf(states: readonly FoundState[], retryFailed: boolean): number[] {
  const skipped: ReadonlySet<SweepState> = new Set(retryFailed ? ["finished"] : ["finished", "failed", "damaged"]);
  return states.filter(({ state }) => !skipped.has(state)).map(({ run }) => run.index);
}
