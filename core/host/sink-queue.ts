/** One sink with its queue: batches in order, never two calls at once, and a failure that stays the sink's own. */

import type { Outcome, Run } from "../contract/run.ts";
import type { Output, Row, RunEvent, SinkInstance } from "../contract/sink.ts";
import { pluginFailed, reasonOf } from "../errors/errors.ts";

/** Rows that may wait for a slow sink before the trainer waits with them. */
const patience = 10_000;

export interface SinkQueue {
  readonly name: string;
  /** Rows that the sink threw away by throwing. */
  readonly lostRows: number;
  /** Whether any of its hooks has failed. */
  readonly failed: boolean;
  /** Opens the sink and hands it what has been waiting. Throws `plugin.failed`. */
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
type Hook = "write" | "event" | "output" | "close";

/** What the failure of a hook means for the run. */
const consequences: Readonly<Record<Hook, string>> = {
  write: "Training goes on; rows that it loses are counted.",
  event: "Training goes on; it lost events.",
  output: "Continuing without its console log.",
  close: "What it had not written yet may be lost.",
};

/** `warn` is called once for the first failure of each hook, and once more at the end with the count of lost rows. */
export function createSinkQueue(name: string, sink: SinkInstance, warn: (message: string) => void): SinkQueue {
  let waiting: Item[] = [];
  let phase: "new" | "open" | "closed" = "new";
  /** A call of `write` or `event` has not returned, or its promise is pending (`working`). */
  let busy = false;
  let working: Promise<void> | undefined;
  let lostRows = 0;
  const broken = new Set<Hook>();

  function failed(hook: Hook, rows: number, thrown: unknown): void {
    const said = (thrown as { readonly lostRows?: unknown } | undefined)?.lostRows;
    const lost = typeof said === "number" ? said : rows;
    lostRows += lost;
    if (broken.has(hook)) return;
    broken.add(hook); // before the warning, which comes back here as an event and as output
    const what = hook === "write" && lost === 0 ? "Training goes on, and no row is lost." : consequences[hook];
    warn(`sink ${name}: ${hook} failed: ${reasonOf(thrown).replace(/\.$/, "")}. ${what}`);
  }

  /** Takes the longest run of items of one kind and hands it over; synchronous sinks finish within the call. */
  function handOver(): void | PromiseLike<void> {
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
      const done: unknown = rows.length > 0 ? sink.write(rows) : sink.event?.(events);
      if (isPromise(done)) return done.then(undefined, (thrown: unknown) => failed(hook, rows.length, thrown));
    } catch (thrown) {
      failed(hook, rows.length, thrown);
    }
  }

  function work(): void {
    while (phase === "open" && !busy && waiting.length > 0) {
      busy = true;
      const pending = handOver();
      if (pending === undefined) {
        busy = false;
        continue;
      }
      working = Promise.resolve(pending).then(() => {
        busy = false;
        working = undefined;
        work();
      });
    }
  }

  async function add(item: Item): Promise<void> {
    if (phase === "closed") return;
    waiting.push(item);
    work();
    while (working !== undefined && waiting.length > patience) await working;
  }

  return {
    name,
    get lostRows() {
      return lostRows;
    },
    get failed() {
      return broken.size > 0;
    },
    open: async (run) => {
      try {
        await sink.open(run);
      } catch (thrown) {
        throw pluginFailed(`sink ${name}`, "open", run.resumedFrom ?? 0, thrown);
      }
      phase = "open";
      work();
    },
    write: (row) => add({ row }),
    output: (output) => {
      if (phase !== "open" || broken.has("output")) return;
      try {
        sink.output?.(output);
      } catch (thrown) {
        failed("output", 0, thrown);
      }
    },
    event: (event) => (sink.event ? add({ event }) : Promise.resolve()),
    close: async (outcome) => {
      while (working !== undefined) await working;
      const wasOpen = phase === "open";
      phase = "closed";
      if (!wasOpen) return;
      try {
        await sink.close(outcome);
      } catch (thrown) {
        failed("close", 0, thrown);
      }
      if (lostRows > 0) warn(`sink ${name}: ${lostRows === 1 ? "1 row was" : `${lostRows} rows were`} lost.`);
    },
  };
}

function isPromise(value: unknown): value is PromiseLike<void> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
