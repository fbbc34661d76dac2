/** Part of the contract: what sinks are given and what they do with it. */
import type { z } from "zod";
import type { Arrays } from "../arrays/ndarray.ts";
import type { DeclaredChart } from "./chart.ts";
import type { Awaitable, Moment, Outcome, Run } from "./run.ts";

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

/** A declared chart as a picture, or why it cannot be drawn. */
export type DrawnChart = { readonly chart: DeclaredChart } & (
  | { readonly png: Uint8Array; readonly width: number; readonly height: number }
  | { readonly problem: string }
);

/** What `sync` may use. */
export interface SyncHost extends Notices {
  /** Rows that are where they go now, of how many: a bar on a terminal, nothing elsewhere. */
  progress(done: number, total: number): void;
}

/** What a sink may use from `setup` to the end of `close`. */
export interface SinkHost extends SyncHost {
  /**
   * Asks the run to stop, as Ctrl-C does: it ends after the step in hand, with a checkpoint, as `interrupted`. `reason` is one
   * line and goes on record. Once the last step has begun, and at any later call, it changes nothing.
   */
  stop(reason: string): void;
  /**
   * Draws charts of the run from what is on record by now, as PNG; those without data are left out. Takes some tenths of a
   * second each. Absent where the trainer is called from code that gives no drawing. Throws where something is missing that all
   * of them need: the optional rasteriser, or the rows that the sink `json` writes.
   */
  readonly drawCharts?: (charts: readonly DeclaredChart[]) => Promise<readonly DrawnChart[]>;
}

/** What a sink's `setup` returns. */
export interface SinkInstance {
  /** Once, before the first step. May throw: the run does not start. */
  open(run: Run): Awaitable<void>;
  /**
   * Batches in step order; never concurrent with itself. When it returns without a promise the rows are safe: the trainer
   * waits for nothing else. A throw is warned about once, the rows are counted as lost (or as many as the error says in
   * `lostRows`, a number), and training goes on.
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
  /**
   * Whether the user vouches for the directory: they made it, or said so. Of others no address, project or path that stands in
   * it is to be followed, unless the user's own settings say the same. Absent: they do not.
   */
  readonly trusted?: boolean;
  /** Throws once the run is another process's; to be asked before the last word on a run is said. Absent: it cannot become one. */
  readonly check?: () => void;
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
  setup(options: O, host: SinkHost): SinkInstance;
  /** `experiment sync`: takes a run on disk to where the rows go, as far as it is not there yet. May be repeated. */
  sync?(run: StoredRun, options: O, host: SyncHost): Promise<Synced>;
}

/** Any sink, its type parameter forgotten. */
export interface Sink extends SinkSpec<never> {
  readonly kind: "sink";
}

/** Makes a sink. */
export function defineSink<O>(spec: SinkSpec<O>): Sink {
  return { kind: "sink", ...spec } as unknown as Sink;
}
