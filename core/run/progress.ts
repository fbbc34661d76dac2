/** How far a run is, as far as it is on record. */
import type { Moment, Run } from "../contract/run.ts";

/** Changes as steps are recorded. */
export interface Progress {
  /** The last step that is on record; 0 before the first. */
  step: number;
  /** The last finite training loss. */
  lastLoss: number;
  /** Name of the newest checkpoint, when there is one. */
  lastCheckpoint: string | undefined;
  /** The newest value of every metric. */
  readonly latest: Record<string, number>;
}

/** Progress of a run that begins after `step`. */
export function createProgress(step: number, lastCheckpoint: string | undefined): Progress {
  return { step, lastLoss: Number.NaN, lastCheckpoint, latest: {} };
}

/** The moment of a step of a run. */
export function momentOf(run: Pick<Run, "tokensPerStep">, step: number, time: number): Moment {
  return { step, tokens: step * run.tokensPerStep, time };
}
