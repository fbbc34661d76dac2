/** Feeds a store from rows.jsonl: what is new since last time, rows of a zoomed-in stretch, or a sample of a long file. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { lineChunks, sizeOfFile } from "../../core/record/chunks.ts";
import { files, type StoredRow } from "../../core/record/format.ts";
import { type Holes, noteRow } from "../../core/record/holes.ts";
import { parseRow } from "../../core/record/lines.ts";
import { lastRow } from "../../core/record/tail.ts";
import { type Segment, Store } from "./store.ts";

/** How far a file has been read. */
export interface Progress {
  /** Bytes read, up to the end of the last whole line. */
  offset: number;
  /** Bytes in the file when it was last looked at. */
  size: number;
  /** Whole lines that are no rows. */
  garbage: number;
  holes: Holes;
}

const newline = 0x0a;

/**
 * Reads on from `progress.offset` to the end of the file, giving way to other work between chunks. A row with a `seq` that
 * is there already takes the place of that row and of all after it. True when anything was read.
 */
export async function ingest(dir: string, store: Store, progress: Progress, stop?: AbortSignal): Promise<boolean> {
  const path = join(dir, files.rows);
  progress.size = await sizeOfFile(path);
  const before = progress.offset;
  for await (const { bytes, offset } of lineChunks(path, before, progress.size)) {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(newline, start);
      const row = parseRow(bytes.toString("utf8", start, end));
      if (!row) progress.garbage++;
      else {
        if (row.seq <= store.lastSeq || store.rows === 0) await makeRoom(path, store, row.seq, offset + start);
        store.append(row, offset + start);
        noteRow(progress.holes, row);
      }
      start = end + 1;
      progress.offset = offset + start;
    }
    if (stop?.aborted) break;
    await turn();
  }
  return progress.offset > before;
}

/** Before rows from `seq` on begin at `offset`: forgets what they supersede, and reads again what that took with it. */
async function makeRoom(path: string, store: Store, seq: number, offset: number): Promise<void> {
  const from = store.truncate(seq);
  if (from < seq) await reread(path, store.segments.slice(), from, seq - 1, store);
  store.segments.push({ seq, offset });
}

/** The exact rows of the blocks from `begin` up to `end`, in a store of their own. */
export async function rowsOfBlocks(dir: string, store: Store, begin: number, end: number): Promise<Store> {
  const slice = new Store();
  if (end <= begin) return slice;
  const first = store.seq.min[begin]!;
  const last = store.seq.max[end - 1]!;
  await reread(join(dir, files.rows), store.segments, first, last, slice, store.offset[begin]);
  return slice;
}

/** Appends rows from the places where they lie; `hint` is the offset of `fromSeq` where that is known. */
async function reread(
  path: string,
  segments: readonly Segment[],
  fromSeq: number,
  toSeq: number,
  into: Store,
  hint?: number,
): Promise<void> {
  for (const [i, segment] of segments.entries()) {
    const next = segments[i + 1];
    if (segment.seq > toSeq || (next && next.seq <= fromSeq)) continue;
    const start = segment.seq <= fromSeq && hint !== undefined ? hint : segment.offset;
    const until = Math.min(toSeq, next ? next.seq - 1 : Number.POSITIVE_INFINITY);
    for await (const { row, offset } of rowsFrom(path, start)) {
      if (row.seq > until || row.seq < segment.seq) break;
      if (row.seq >= fromSeq && row.seq > into.lastSeq) into.append(row, offset);
      if (row.seq === until) break;
    }
  }
}

async function* rowsFrom(path: string, from: number): AsyncGenerator<{ row: StoredRow; offset: number }> {
  for await (const { bytes, offset } of lineChunks(path, from)) {
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(newline, start);
      const row = parseRow(bytes.toString("utf8", start, end));
      if (row) yield { row, offset: offset + start };
      start = end + 1;
    }
    await turn();
  }
}

/** About `count` rows from all over the file: a first look at a file that is too long to read at once. */
export async function sample(dir: string, count: number): Promise<Store> {
  const store = new Store();
  const file = await open(join(dir, files.rows), "r");
  try {
    const { size } = await file.stat();
    const spot = Buffer.allocUnsafe(65536);
    for (let i = 0; i < count; i++) {
      const at = Math.floor((size * i) / count);
      const { bytesRead } = await file.read(spot, 0, spot.length, at);
      const begin = at === 0 ? 0 : spot.subarray(0, bytesRead).indexOf(newline) + 1;
      const end = spot.subarray(0, bytesRead).indexOf(newline, begin);
      const row = end < 0 ? undefined : parseRow(spot.toString("utf8", begin, end));
      if (!row) continue;
      if (row.seq <= store.lastSeq) store.truncate(row.seq);
      store.append(row, at + begin);
    }
  } finally {
    await file.close();
  }
  const tail = lastRow(dir);
  if (tail && tail.seq > store.lastSeq) store.append(tail, 0);
  return store;
}

/** Lets sockets and timers have their turn: promises alone would never yield to them. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
