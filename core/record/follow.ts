/** Rows as they are appended, for live views. */
import { statSync, watch } from "node:fs";
import { join } from "node:path";
import { lineChunks } from "./chunks.ts";
import { files, type StoredRow } from "./format.ts";
import { parseRow } from "./lines.ts";
import { linesOf } from "./reader.ts";

/** How a follower learns that it should look again. Calls `look` whenever there may be more; returns how to stop that. */
export type Ticks = (look: () => void) => () => void;

export interface FollowOptions {
  /** Default `watchTicks(dir)`. */
  readonly ticks?: Ticks;
  /** Called when reading fails; following goes on at the next tick. Default: nothing. */
  readonly onError?: (thrown: unknown) => void;
}

/** A follower at work. */
export interface Follower {
  /** Resolves when everything that was in the file at the time of the call has been handed over. */
  look(): Promise<void>;
  stop(): void;
}

/**
 * Hands over all rows of a run in batches, first those that are there and then each that is appended, as they stand in the
 * file: put them together with `addRow`, since after a resume rows come that supersede earlier ones. Only whole lines are
 * handed over; the file need not be there yet.
 */
export function followRows(
  dir: string,
  onRows: (rows: readonly StoredRow[]) => void,
  { ticks = watchTicks(dir), onError = () => {} }: FollowOptions = {},
): Follower {
  const path = join(dir, files.rows);
  let offset = 0;
  let stopped = false;
  let last: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    if (stopped) return;
    if (sizeNow(path) < offset) offset = 0; // another file by the same name: its rows supersede all
    for await (const { bytes, offset: at } of lineChunks(path, offset)) {
      if (stopped) return;
      offset = at + bytes.length;
      const rows = linesOf(bytes).flatMap((line) => parseRow(line) ?? []);
      if (rows.length > 0) onRows(rows);
    }
  }
  function look(): Promise<void> {
    last = last.then(read).catch(onError);
    return last;
  }
  const unsubscribe = ticks(() => void look());
  void look();
  return {
    look,
    stop() {
      stopped = true;
      unsubscribe();
    },
  };
}

/** Looks when the run directory changes, and every second, since some file systems (network shares) tell nothing. */
export function watchTicks(dir: string, everyMs = 1000): Ticks {
  return (look) => {
    const timer = setInterval(look, everyMs);
    timer.unref();
    let watcher: ReturnType<typeof watch> | undefined;
    try {
      watcher = watch(dir, { persistent: false }, look);
      watcher.on("error", () => watcher?.close());
    } catch {
      // The timer looks all the same.
    }
    return () => {
      clearInterval(timer);
      watcher?.close();
    };
  };
}

function sizeNow(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
