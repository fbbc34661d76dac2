import { UploadError } from "../http/retry.ts";
import { front, type Mark, type Placement } from "../log/placement.ts";
import { fresh, type Progress, readProgress, stillThere, targetOf } from "../log/progress.ts";
import type { RunIdentity } from "../log/records.ts";
import type { Account } from "../login/account.ts";
import { resumeProblem } from "./resume.ts";
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

/** The log that is sent: the run it is of, what tells it from others, and the file. */
interface Sender {
  readonly run: RunIdentity;
  readonly writer: string;
  readonly generation: number;
}

/** Takes up what an earlier process had acknowledged. Throws where the run's `resume` forbids to write to what is there. */
export function takenUp(
  log: string,
  account: Account,
  status: RunStatus,
  { run, writer, generation }: Sender,
): { readonly claim: Claim; readonly progress: Progress } {
  const { entity = run.entity, project = run.project } = status;
  const known = readProgress(log, targetOf(account, { entity, project, id: run.id }), generation);
  const claim = claimOf(status, writer, known);
  const problem = claim.isNew ? resumeProblem(known.resume, run.id, status.exists) : undefined;
  if (problem !== undefined) throw new UploadError("rejected", problem);
  const progress = claim.isNew ? fresh(known, generation) : stillThere(known, claim.base, status.lines);
  return { claim, progress };
}

/**
 * A log that wrote to the run before goes on at the same place: the progress beside the log says so, and a mark on the server. Every
 * other one begins behind what is there, so that no row of another run is lost, whoever wrote it.
 */
function claimOf(status: RunStatus, writer: string, known: Pick<Progress, "base" | "history">): Claim {
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
