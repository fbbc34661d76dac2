/** Runs on disk for programs: config, rows, events and arrays of each, without knowing its files. */
import type { Arrays } from "../arrays/ndarray.ts";
import type { RunEvent } from "../contract/sink.ts";
import { openArrays, type StoredArrays } from "./arrays.ts";
import type { RunFile, RunState, StoredRow } from "./format.ts";
import { readEvents, readRows } from "./reader.ts";
import { type FoundRun, listRuns, readRun } from "./runs.ts";

/** One run on disk. What it holds is read when it is asked for. */
export interface SavedRun {
  readonly id: string;
  readonly name: string;
  /** Absolute. */
  readonly dir: string;
  readonly state: RunState;
  /** The resolved config without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Everything in run.json. */
  readonly file: RunFile;
  /** One for each step on record, in order; superseded ones are left out. */
  rows(): Promise<readonly StoredRow[]>;
  events(): Promise<readonly RunEvent[]>;
  /** Steps that have arrays. */
  arraySteps(): Promise<readonly number[]>;
  /** The arrays of one of these steps, by key. */
  arrays(step: number): Arrays;
}

/** The run in a directory. Throws `run.notFound`, `run.damaged` or `run.io`. */
export function savedRun(dir: string): SavedRun {
  return savedFrom(readRun(dir));
}

/** The runs under a folder, oldest first; `damaged` are those whose run.json cannot be read, and why. */
export function savedRuns(root: string): {
  readonly runs: readonly SavedRun[];
  readonly damaged: readonly { readonly dir: string; readonly problem: string }[];
} {
  const { runs, damaged } = listRuns(root);
  return { runs: runs.map(savedFrom), damaged };
}

function savedFrom({ dir, run, state }: FoundRun): SavedRun {
  let opened: StoredArrays | undefined;
  return {
    id: run.id,
    name: run.name,
    dir,
    state,
    config: run.config,
    file: run,
    rows: async () => (await readRows(dir)).rows,
    events: async () => (await readEvents(dir)).events,
    arraySteps: async () => {
      opened = openArrays(dir);
      return opened.steps;
    },
    arrays: (step) => {
      if (!opened?.steps.includes(step)) opened = openArrays(dir); // it may have grown
      return opened.read(step);
    },
  };
}
