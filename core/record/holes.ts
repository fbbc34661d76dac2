/** Rows that are missing: `seq` counts them all, so that a line which was taken out, or could not be read, leaves a hole in it. */
import type { RunFile, StoredRow } from "./format.ts";

type Place = Pick<StoredRow, "seq" | "step">;

/** A hole between two rows on record. */
interface Hole {
  readonly after: Place;
  readonly before: Place;
}

/** What has been seen of a run's rows; plain data, so that it can be kept. */
export interface Holes {
  last: Place;
  holes: Hole[];
}

/** Holes that are kept; of a file of holes alone the first will do. */
const mostHoles = 100;
const mostTold = 4;

/** Before the first row of a run; a fork's begin after where it was forked. */
export function noHoles({ fork, observed }: Pick<RunFile, "fork" | "observed">): Holes {
  const step = observed ? 0 : (fork?.step ?? 0);
  return { last: { seq: step - 1, step }, holes: [] };
}

/** Notes a row as it stands in the file: one that restarts `seq` supersedes those from there on. */
export function noteRow(found: Holes, { seq, step }: Place): void {
  if (seq <= found.last.seq) {
    const open = found.holes.find(({ before }) => before.seq >= seq);
    found.holes = found.holes.filter(({ before }) => before.seq < seq);
    if (open && open.after.seq < seq) found.last = open.after;
    else found.last = { seq: seq - 1, step: step - 1 };
  }
  const before = { seq, step };
  if (seq > found.last.seq + 1 && found.holes.length < mostHoles) found.holes.push({ after: found.last, before });
  found.last = before;
}

/** What is missing of a run, one line; undefined when nothing is. A run that trained says up to where its rows should go. */
export function holesText(
  { holes, last }: Holes,
  { attempts, config, observed }: Pick<RunFile, "attempts" | "config" | "observed">,
): string | undefined {
  const told = holes.slice(0, mostTold).map(({ after, before }) => {
    const count = before.seq - after.seq - 1;
    return `${count} between steps ${after.step} and ${before.step}`;
  });
  if (holes.length > mostTold) told.push(`more in ${holes.length - mostTold} other places`);
  const { json } = (config.sinks ?? {}) as { readonly json?: unknown };
  const end = observed || json === undefined ? 0 : (attempts.at(-1)?.outcome?.step ?? 0);
  if (end > last.step) told.push(`all after step ${last.step}, of ${end}`);
  return told.length === 0 ? undefined : `rows are missing: ${told.join(", ")}`;
}
