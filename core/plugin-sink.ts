/** Part of the contract (plugin.ts): what sinks are given and what they do with it. */
import type { z } from "zod";
import type { Arrays } from "./ndarray.ts";
import type { Awaitable, Moment, Outcome, Run } from "./plugin.ts";

/** One step on record. Exactly one row for each step; `seq` counts them from 0 and never skips. */
export interface Row extends Moment {
  readonly seq: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Array metrics of this step, by key. */
  readonly arrays: Arrays;
}

/** Something that happened, from a plugin or (`source: "run"`) from the trainer: a warning, a resume, a checkpoint. */
export interface RunEvent extends Moment {
  readonly source: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A line, or several, that the run printed. */
export interface Output {
  readonly stream: "stdout" | "stderr";
  /** Wall clock, ms since 1970. */
  readonly time: number;
  readonly text: string;
}

/** How a plugin speaks to the person who started the run: one line each, no line break at the end. */
export interface Notices {
  info(message: string): void;
  warn(message: string): void;
}

/** What a sink's `setup` returns. */
export interface SinkInstance {
  /** Once, before the first step. May throw: the run does not start. */
  open(run: Run): Awaitable<void>;
  /**
   * Batches in step order; never concurrent with itself. When it returns without a promise the rows are safe: the trainer
   * waits for nothing else. A throw is warned about once, the rows are counted as lost, and training goes on.
   */
  write(rows: readonly Row[]): Awaitable<void>;
  /** Events in order, between the rows of their steps; never concurrent with `write`. */
  event?(events: readonly RunEvent[]): Awaitable<void>;
  /** What the run prints, for sinks that keep a console log. Must return at once and not print itself. */
  output?(output: Output): void;
  /** Exactly once, also after a failure; must flush. */
  close(outcome: Outcome): Awaitable<void>;
}

/** A run on disk that a sink may have more to do for. */
export interface StoredRun {
  readonly id: string;
  /** Absolute. */
  readonly dir: string;
  /** `running` while its process lives or may live; otherwise how its last part ended. */
  readonly state: "running" | "killed" | Outcome["state"];
}

/** What `sync` may use. */
export interface SyncHost extends Notices {
  /** Rows that are there now, of how many. */
  progress(done: number, total: number): void;
}

/** What came of a `sync`: `complete`, `partial` (say why in the message), or `nothing` to be done for this run. */
export interface Synced {
  readonly state: "complete" | "partial" | "nothing";
  /** One line. */
  readonly message: string;
}

/** A sink: takes rows somewhere. It never sees a tensor. */
export interface SinkSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  setup(options: O, notices: Notices): SinkInstance;
  /** `experiment sync`: takes a run on disk to where the rows go, as far as it is not there yet. May be repeated. */
  sync?(run: StoredRun, options: O, host: SyncHost): Promise<Synced>;
}
