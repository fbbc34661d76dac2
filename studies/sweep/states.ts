/** Where the runs of a sweep stand, told by their directories alone. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { reasonOf } from "../../core/errors/errors.ts";
import { readRegularText } from "../../core/files/regular-file.ts";
import { files, type RunFile, type RunState } from "../../core/record/format.ts";
import { lockState } from "../../core/record/lock.ts";
import { runState } from "../../core/record/run-file.ts";
import { lastRow } from "../../core/record/tail.ts";
import { isUndelivered, readFailures } from "./failures.ts";
import type { OpenSweep } from "./snapshot.ts";
import type { PlannedRun } from "./sweep.ts";

/** `waiting`: not begun. `damaged`: its run.json cannot be read. The others as for any run. */
export type SweepState = RunState | "waiting" | "damaged";

/** In the order in which they are shown. */
export const sweepStates = [
  "finished",
  "running",
  "waiting",
  "interrupted",
  "killed",
  "lost",
  "failed",
  "damaged",
] as const satisfies readonly SweepState[];

/** A planned run with what is on disk of it. */
export interface FoundState {
  readonly run: PlannedRun;
  readonly dir: string;
  readonly state: SweepState;
  /** The last step on record of a run that has ended; of a running one see `progressOf`. */
  readonly step?: number;
  readonly steps?: number;
  /** Why it did not finish; of a finished one, what is left to be done. */
  readonly reason?: string;
  /** Time under way so far of a run that has ended, ms, all attempts together. */
  readonly tookMs?: number;
  /** Of reluscope, that began it. */
  readonly version?: string;
}

/** What of run.json is looked at here. */
type Glimpse = Pick<RunFile, "attempts" | "steps" | "versions">;

/** The state of every run, in the plan's order. */
export function statesOf(sweep: OpenSweep): FoundState[] {
  const there = new Set(namesIn(sweep.root));
  const failures = readFailures(sweep.folder);
  return sweep.runs.map((run) => {
    const dir = path.join(sweep.root, run.id);
    const failed = failures.get(run.id);
    const found: FoundState = there.has(run.id) ? stateIn(run, dir) : { run, dir, state: "waiting" };
    if (failed === undefined || found.state === "running") return found;
    if (found.state === "finished" && isUndelivered(failed)) return { ...found, reason: failed };
    return { ...found, state: "failed", reason: failed };
  });
}

function namesIn(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}

/** The state of one run. The lock is read first: a run that ends in between is told by its outcome. */
export function stateIn(run: PlannedRun, dir: string): FoundState {
  let glimpse = glimpseOf(dir);
  if (glimpse === undefined) return { run, dir, state: lockState(dir) === "live" ? "running" : "waiting" };
  if (typeof glimpse === "string") return { run, dir, state: "damaged", reason: glimpse };
  let last = glimpse.attempts.at(-1)?.outcome;
  let lock: ReturnType<typeof lockState> = "none";
  if (last === undefined) {
    lock = lockState(dir);
    const again = glimpseOf(dir); // it may have ended between the two looks
    if (typeof again === "object") glimpse = again;
    last = glimpse.attempts.at(-1)?.outcome;
  }
  const { attempts, steps } = glimpse;
  return {
    run,
    dir,
    state: runState(glimpse as RunFile, lock),
    steps,
    ...(last && { step: last.step, tookMs: tookMs(attempts) }),
    ...(last?.reason !== undefined && { reason: last.reason }),
    ...(glimpse.versions?.reluscope !== undefined && { version: glimpse.versions.reluscope }),
  };
}

/** Bytes of run.json. */
const largestRunFile = 16 << 20;

/** Undefined where there is no run.json, a text where it is not one. */
function glimpseOf(dir: string): Glimpse | string | undefined {
  try {
    const glimpse = JSON.parse(readRegularText(path.join(dir, files.run), largestRunFile)) as Glimpse | null;
    if (Array.isArray(glimpse?.attempts) && Number.isFinite(glimpse.steps)) return glimpse;
    return "run.json has no attempts";
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "ENOENT" ? undefined : reasonOf(thrown);
  }
}

function tookMs(attempts: RunFile["attempts"]): number {
  return attempts.reduce(
    (sum, { startedAt, outcome }) => sum + Math.max(0, (outcome?.time ?? startedAt) - startedAt),
    0,
  );
}

/** The step that a run without an outcome has reached. */
export async function progressOf({ dir }: FoundState): Promise<number> {
  try {
    return lastRow(dir)?.step ?? 0;
  } catch {
    return 0;
  }
}
