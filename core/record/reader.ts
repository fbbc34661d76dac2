/** Reads a run's rows and events as they count: each step once, whatever was killed and resumed in between. */
import { join } from "node:path";
import type { RunEvent } from "../contract/sink.ts";
import { lineChunks, sizeOfFile } from "./chunks.ts";
import { files, type StoredRow } from "./format.ts";
import { parseEvent, parseRow } from "./lines.ts";

/** What could not be read. */
export interface Damage {
  /** Lines that are not of the format: skipped. */
  lines: number;
  /** Whether the file ends in the middle of a line: a write that is under way, or that a crash tore. */
  torn: boolean;
}

/** Rows on record in order of `seq`, each step once. */
export interface Rows {
  readonly rows: readonly StoredRow[];
  readonly damage: Readonly<Damage>;
}

/** All rows of a run. A run that has none yet has an empty list. */
export async function readRows(dir: string): Promise<Rows> {
  const damage: Damage = { lines: 0, torn: false };
  const rows: StoredRow[] = [];
  for await (const batch of readRowBatches(dir, damage)) for (const row of batch) rows.push(row);
  return { rows, damage };
}

/**
 * The same in batches of about a megabyte, so that a long run need not be held in memory. What could not be read is
 * counted in `damage`. Rows that are appended meanwhile are left out.
 */
export async function* readRowBatches(
  dir: string,
  damage: Damage = { lines: 0, torn: false },
): AsyncGenerator<readonly StoredRow[]> {
  const path = join(dir, files.rows);
  const size = await sizeOfFile(path);
  const restarts = await findRestarts(path, size);
  let next = 0;
  const chunks = lineChunks(path, 0, size);
  for (let chunk = await chunks.next(); ; chunk = await chunks.next()) {
    if (chunk.done) {
      damage.torn = chunk.value < size;
      return;
    }
    const { bytes, offset } = chunk.value;
    const batch: StoredRow[] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(newline, start);
      while (next < restarts.length && restarts[next]!.offset <= offset + start) next++;
      const row = parseRow(bytes.toString("utf8", start, end));
      if (row === undefined) damage.lines++;
      else if (row.seq < (restarts[next]?.seq ?? Infinity)) batch.push(row);
      start = end + 1;
    }
    if (batch.length > 0) yield batch;
  }
}

const newline = 0x0a;

/** A line whose `seq` is not above all of those before it: it supersedes the rows from there on. */
interface Restart {
  readonly offset: number;
  /** The least `seq` of this and all later restarts: of the rows before this line only smaller ones count. */
  readonly seq: number;
}

async function findRestarts(path: string, size: number): Promise<Restart[]> {
  const found: { offset: number; seq: number }[] = [];
  let highest = -1;
  for await (const { bytes, offset } of lineChunks(path, 0, size)) {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(newline, start);
      const seq = seqOf(bytes, start, end, highest);
      if (seq !== undefined) {
        if (seq <= highest) found.push({ offset: offset + start, seq });
        highest = seq;
      }
      start = end + 1;
    }
  }
  for (let i = found.length - 2; i >= 0; i--) found[i]!.seq = Math.min(found[i]!.seq, found[i + 1]!.seq);
  return found;
}

const prefix = Buffer.from('{"seq":');

/** The `seq` of a line, read from its first bytes; a line that would restart, or begins in another way, is parsed whole. */
function seqOf(bytes: Buffer, start: number, end: number, highest: number): number | undefined {
  const digits = start + prefix.length;
  if (bytes.compare(prefix, 0, prefix.length, start, Math.min(digits, end)) === 0) {
    let seq = 0;
    let at = digits;
    for (; at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) seq = seq * 10 + bytes[at]! - 0x30;
    if (at > digits && bytes[at] === 0x2c && seq > highest) return seq;
  }
  return parseRow(bytes.toString("utf8", start, end))?.seq;
}

/** Events on record, in the order they were written. */
export interface Events {
  readonly events: readonly RunEvent[];
  readonly damage: Readonly<Damage>;
}

/** All events of a run: what a resume superseded is left out, the run's own events never are. */
export async function readEvents(dir: string): Promise<Events> {
  const path = join(dir, files.events);
  const damage: Damage = { lines: 0, torn: false };
  const events: RunEvent[] = [];
  const size = await sizeOfFile(path);
  const chunks = lineChunks(path, 0, size);
  for (let chunk = await chunks.next(); ; chunk = await chunks.next()) {
    if (chunk.done) {
      damage.torn = chunk.value < size;
      return { events: standing(events), damage };
    }
    for (const line of linesOf(chunk.value.bytes)) {
      const event = parseEvent(line);
      if (event === undefined) damage.lines++;
      else events.push(event);
    }
  }
}

/** Events without those that a later resume supersedes: it takes the plugins' earlier ones of later steps than its own. */
function standing(events: readonly RunEvent[]): RunEvent[] {
  const kept: RunEvent[] = [];
  let from = Number.POSITIVE_INFINITY; // the least step that a later resume went on from
  for (const event of events.toReversed()) {
    const { data, source, kind, step } = event;
    if (source === "run" || step <= from) kept.push(event);
    if (source === "run" && kind === "resume" && typeof data.step === "number") from = Math.min(from, data.step);
  }
  return kept.reverse();
}

/** The lines of a piece that ends with a newline. */
export function linesOf(bytes: Buffer): string[] {
  return bytes.toString("utf8", 0, bytes.length - 1).split("\n");
}

/** Puts a row after those on record, in place: it supersedes every earlier row with the same or a later `seq`. */
export function addRow(rows: StoredRow[], row: StoredRow): void {
  while (rows.length > 0 && rows.at(-1)!.seq >= row.seq) rows.pop();
  rows.push(row);
}
