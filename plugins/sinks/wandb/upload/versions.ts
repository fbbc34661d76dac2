/**
 * Which version of a row a server holds. A killed process may have sent rows that its resumed run computes again: a server that
 * acknowledges the new ones and keeps the old counts as many rows as it should. The time of a row tells them apart.
 */
import { type Patience, UploadError } from "../http/retry.ts";
import { decode } from "../log/decode.ts";
import type { LineRange } from "../log/progress.ts";
import { LogReader } from "../log/reader.ts";
import { type HistoryTime, readTimes } from "./sampled-history.ts";
import type { Server, ServerRun } from "./server.ts";

/** Which lines of a log are to be looked at on the server. */
interface Lines {
  readonly log: string;
  readonly lines: LineRange;
  /** What is added to each `_step` on the server. */
  readonly shift: number;
  /** Whether all of them were sent once more meanwhile. */
  readonly resent: boolean;
}

/** Half a millisecond, in seconds: rows bear times in whole milliseconds. */
const sameTime = 0.000_5;

export class Versions {
  /** Rows that the server did not show. */
  unread = 0;
  readonly #server: Server;
  #before = "";

  constructor(server: Server) {
    this.#server = server;
  }

  /**
   * What is not there as the log has it, one line. Rows that the server goes on not showing, sent again and counted, are no problem
   * but unread: a server that has no such rows to show at all would never come to an end.
   */
  async problem(run: ServerRun, { log, lines, shift, resent }: Lines, patience: Patience): Promise<string | undefined> {
    const own = timesIn(log, lines.from, shift);
    const steps = { from: own.first, to: Math.max(own.end, own.first + lines.to - lines.from) };
    const shown = await this.#shown(run, steps, patience);
    const older = (shown ?? []).filter(({ step, time }) => !isSame(own.times.get(step), time)).map(({ step }) => step);
    if (older.length > 0) return `the server holds an older version of ${rowsOf(older)}`;
    const seen = new Set(shown?.map(({ step }) => step));
    const missing = [...own.times.keys()].filter((step) => !seen.has(step));
    this.unread = 0;
    if (missing.length === 0) return undefined;
    const told = `the server does not show ${rowsOf(missing)}, which a resumed run wrote anew`;
    const isLast = shown === undefined || (resent && told === this.#before);
    this.#before = told;
    if (!isLast) return told;
    this.unread = missing.length;
    return undefined;
  }

  /** Undefined where the server does not know the question. */
  async #shown(run: ServerRun, steps: LineRange, patience: Patience): Promise<HistoryTime[] | undefined> {
    try {
      return await readTimes(this.#server, run, steps, patience);
    } catch (thrown) {
      const unknown = /cannot query field|unknown (field|argument|type)/i;
      if (thrown instanceof UploadError && unknown.test(thrown.message)) return undefined;
      throw thrown;
    }
  }
}

/** Times of a log's rows from line `from` on, seconds by step; the step of that line, and the one after the last. */
function timesIn(log: string, from: number, shift: number) {
  const times = new Map<number, number>();
  let line = 0;
  let first: number | undefined;
  let end = shift;
  const reader = new LogReader(log);
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const one = decode(next.payload);
      if (one.type !== "history") continue;
      end = one.step + shift + 1;
      if (line++ < from) continue;
      first ??= end - 1;
      times.set(end - 1, Number(one.items.find(({ path }) => path[0] === "_timestamp")?.text));
    }
  } finally {
    reader.close();
  }
  return { times, first: first ?? end, end };
}

/** A row that is not the log's is there as a step without a time, which is not shown. */
function isSame(own: number | undefined, time: number): boolean {
  return own !== undefined && Math.abs(own - time) < sameTime;
}

function rowsOf(steps: readonly number[]): string {
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  return steps.length === 1 ? `the row of step ${first}` : `${steps.length} rows (steps ${first} to ${last})`;
}
