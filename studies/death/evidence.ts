/** What is on the table when the three explanations of death are weighed. */
import type { EventStudy } from "../../statistics/event-study.ts";

/** Largest pre-activation of each unit over the same tokens, `[layer][unit]`: a unit fires on them iff it is above 0. */
export type Margins = readonly Float32Array[];

/** Where one fork stands after some steps. */
export interface ForkLook {
  /** The data order. */
  readonly order: number;
  readonly margins: Margins;
}

/** Forks of one arm, all as long. */
export interface ArmLooks {
  readonly arm: string;
  readonly steps: number;
  readonly forks: readonly ForkLook[];
  /** Share of updates that were left out, of an arm that leaves some out. */
  readonly skipped?: number;
}

/** One checkpoint of one run and what became of it. */
export interface Point {
  readonly run: string;
  readonly step: number;
  readonly margins: Margins;
  /** Tokens at which each unit fires, `[layer][unit]`. */
  readonly firings: readonly Int32Array[];
  /** Plain forks at several numbers of steps, and those of other arms. */
  readonly arms: readonly ArmLooks[];
}

/** What a run itself has on record. */
export interface WithinRun {
  readonly run: string;
  /** Deaths on record, and how they lie beside spikes of loss or gradient norm. */
  readonly deaths: number;
  readonly spikes: EventStudy;
  /** Units that came to a margin of 0 over those that random walks of the same steps bring there, one for each layer and stretch of looks. */
  readonly directedness: readonly number[];
}

/** All of it. */
export interface Evidence {
  readonly points: readonly Point[];
  readonly runs: readonly WithinRun[];
  /** Steps of the forks that decide: the longest. */
  readonly steps: number;
}

/** Forks of an arm after so many steps; undefined where there are none. */
export function looksOf(point: Point, arm: string, steps: number): ArmLooks | undefined {
  return point.arms.find((one) => one.arm === arm && one.steps === steps);
}

/** Units that fire at the checkpoint and no longer in a fork, in one layer or in all. */
export function deathsIn(point: Point, fork: ForkLook, layer?: number): number {
  const layers = layer === undefined ? [...point.margins.keys()] : [layer];
  return layers.reduce((sum, l) => {
    const [before, after] = [point.margins[l]!, fork.margins[l]!];
    return sum + before.reduce((count, margin, i) => count + (margin > 0 && after[i]! <= 0 ? 1 : 0), 0);
  }, 0);
}
