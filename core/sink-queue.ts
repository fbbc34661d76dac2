/** One sink with its queue: batches in order, never two calls at once, and a failure that stays the sink's own. */
import { reasonOf } from "./errors.ts";
import type { Outcome, Output, Row, Run, RunEvent, SinkInstance } from "./plugin.ts";

/** Rows that may wait for a slow sink before the trainer waits with them. */
const patience = 10_000;

export interface SinkQueue {
  readonly name: string;
  /** Rows that the sink threw away by throwing. */
  readonly lostRows: number;
  open(run: Run): Promise<void>;
  /** Hands rows on; resolves at once unless too many are waiting. */
  write(row: Row): Promise<void>;
  event(event: RunEvent): Promise<void>;
  /** Hands on what the run prints; a sink that fails at it is left out from then on. */
  output(output: Output): void;
  /** Waits for everything handed over, then closes; a failure to close is reported, never thrown. */
  close(outcome: Outcome): Promise<void>;
}

type Item = { readonly row: Row } | { readonly event: RunEvent };

/** `warn` is called once for the first failure of a kind, and once more at the end with the count of lost rows. */
export function createSinkQueue(name: string, sink: SinkInstance, warn: (message: string) => void): SinkQueue {
  let waiting: Item[] = [];
  let working: Promise<void> | undefined;
  let opened = false;
  let lostRows = 0;
  let warned = false;
  let deaf = false;

  function failed(hook: string, rows: number, thrown: unknown): void {
    lostRows += rows;
    if (warned) return;
    warned = true;
    warn(`sink ${name}: ${hook} failed: ${reasonOf(thrown)}. Training goes on; rows that it loses are counted.`);
  }

  /** Takes the longest run of items of one kind and hands it over; synchronous sinks finish within the call. */
  function handOver(): void | Promise<void> {
    const rows: Row[] = [];
    const events: RunEvent[] = [];
    for (const item of waiting) {
      if ("row" in item ? events.length > 0 : rows.length > 0) break;
      if ("row" in item) rows.push(item.row);
      else events.push(item.event);
    }
    waiting = waiting.slice(rows.length + events.length);
    const hook = rows.length > 0 ? "write" : "event";
    try {
      const done = rows.length > 0 ? sink.write(rows) : sink.event?.(events);
      return done?.then(undefined, (thrown: unknown) => failed(hook, rows.length, thrown));
    } catch (thrown) {
      failed(hook, rows.length, thrown);
    }
  }

  function work(): void {
    while (working === undefined && waiting.length > 0) {
      const pending = handOver();
      if (pending === undefined) continue;
      working = pending.then(() => {
        working = undefined;
        work();
      });
    }
  }

  async function add(item: Item): Promise<void> {
    waiting.push(item);
    work();
    while (waiting.length > patience) await working;
  }

  return {
    name,
    get lostRows() {
      return lostRows;
    },
    open: async (run) => {
      await sink.open(run);
      opened = true;
    },
    write: (row) => add({ row }),
    output: (output) => {
      if (!opened || deaf) return;
      try {
        sink.output?.(output);
      } catch (thrown) {
        deaf = true; // before the warning: it is printed, and so comes here again
        failed("output", 0, thrown);
      }
    },
    event: (event) => (sink.event ? add({ event }) : Promise.resolve()),
    close: async (outcome) => {
      if (!opened) return;
      while (working !== undefined) await working;
      opened = false;
      try {
        await sink.close(outcome);
      } catch (thrown) {
        warn(`sink ${name}: close failed: ${reasonOf(thrown)}.`);
        failed("close", 0, thrown);
      }
      if (lostRows > 0) warn(`sink ${name}: ${lostRows} rows were lost.`);
    },
  };
}
