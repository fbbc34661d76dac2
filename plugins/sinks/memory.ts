/** Keeps everything in memory: for tests, notebooks and programs that train and look at the rows themselves. */
import { z } from "zod";
import type { Arrays } from "../../core/arrays/ndarray.ts";
import type { Outcome, Run } from "../../core/contract/run.ts";
import { defineSink, type Row, type RunEvent, type Sink } from "../../core/contract/sink.ts";

/** What a memory sink has been given so far. */
export interface Memory {
  readonly run: Run | undefined;
  readonly rows: readonly Row[];
  readonly events: readonly RunEvent[];
  /** Set when the run has ended. */
  readonly outcome: Outcome | undefined;
}

/**
 * A sink and the memory that it fills. Give `sink` to a run in the place of a built-in one; `memory` shows the last run
 * that it was opened for, also while that run goes on. Arrays are copied.
 */
export function createMemorySink(): { readonly sink: Sink; readonly memory: Memory } {
  let rows: Row[] = [];
  let events: RunEvent[] = [];
  let run: Run | undefined;
  let outcome: Outcome | undefined;
  const sink = defineSink({
    name: "memory",
    summary: "Keeps rows and events in memory, for programs that call the trainer (createMemorySink).",
    options: z.strictObject({}),
    setup: () => ({
      open(opened) {
        [run, rows, events, outcome] = [opened, [], [], undefined];
      },
      write(batch) {
        for (const row of batch) rows.push({ ...row, metrics: { ...row.metrics }, arrays: copied(row.arrays) });
      },
      event(batch) {
        events.push(...batch.map((event) => structuredClone(event)));
      },
      close(ended) {
        outcome = ended;
      },
    }),
  });
  const memory: Memory = {
    get run() {
      return run;
    },
    get rows() {
      return rows;
    },
    get events() {
      return events;
    },
    get outcome() {
      return outcome;
    },
  };
  return { sink, memory };
}

const shared = createMemorySink();

/** The built-in sink `memory`. */
export const memory: Sink = shared.sink;
/** What the built-in sink `memory` was given by the last run in this process that named it. */
export const memoryOfLastRun: Memory = shared.memory;

function copied(arrays: Arrays): Arrays {
  const entries = Object.entries(arrays).map(([key, { shape, data }]) => [key, { shape, data: data.slice() }] as const);
  return Object.fromEntries(entries);
}
