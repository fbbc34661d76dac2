import { front, type Mark, type Placement } from "../log/placement.ts";
import type { Progress } from "../log/progress.ts";
import type { RunStatus } from "./run-status.ts";

/** Where a log writes in its run, and what the run's marks are with it. */
export interface Claim {
  readonly base: Placement;
  readonly marks: readonly Mark[];
  /** Whether the log has never written to this run. */
  readonly isNew: boolean;
  /** The line of history from which on another log wrote since; undefined where none did. */
  readonly end: number | undefined;
}

/**
 * A log that wrote to the run before goes on at the same place: the progress beside the log says so, and a mark on the server. Every
 * other one begins behind what is there, so that no row of another run is lost, whoever wrote it.
 */
export function claimOf(status: RunStatus, writer: string, known: Pick<Progress, "base" | "history">): Claim {
  const mark = status.marks.find((one) => one.writer === writer);
  // A run of this id that was deleted and made anew has less than it acknowledged, and no mark; one that lost rows has its mark.
  const isThere = (base: Placement, rows: number) => base.history + rows <= status.lines.history;
  const isMarked = ({ history, step }: Placement) => mark?.history === history && mark.step === step;
  const own = known.base && (isMarked(known.base) || isThere(known.base, known.history)) ? known.base : undefined;
  const held = own ?? (mark && isThere(mark, 0) ? mark : undefined);
  const { history, events, output, step } = held ?? { ...status.lines, step: status.nextStep };
  const base = history + events + output === 0 ? front : { history, events, output, step };
  const marks =
    mark !== undefined && held !== undefined ? status.marks : [...others(status, writer), { writer, ...base }];
  const later = marks[marks.findIndex((one) => one.writer === writer) + 1];
  return { base, marks, isNew: held === undefined, end: later?.history };
}

function others({ marks }: RunStatus, writer: string): readonly Mark[] {
  return marks.filter((one) => one.writer !== writer);
}
