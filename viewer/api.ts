/** What the viewer's server sends and its page receives: types only. */

import type { DeclaredChart } from "../core/contract/chart.ts";
import type { MetricInfo } from "../core/contract/run.ts";
import type { ModelShape } from "../core/contract/shape.ts";
import type { Output, RunEvent } from "../core/contract/sink.ts";
import type { Attempt, RunState } from "../core/record/format.ts";
import type { NonFinite } from "./series/store.ts";

/** One line of the list of runs. */
export interface RunSummary {
  readonly id: string;
  readonly name: string;
  /** `damaged`: its run.json cannot be read; `problem` says why. */
  readonly state: RunState | "damaged";
  readonly createdAt: number;
  /** Time of the newest row, ms since 1970; 0 when there is none. */
  readonly updatedAt: number;
  readonly step: number;
  readonly steps: number;
  readonly tokens: number;
  /** Newest training and evaluation loss: numbers, or how JSON spells what is not finite. */
  readonly loss: number | string | null;
  readonly evalLoss: number | string | null;
  /** Config values that are not the same in all runs, by dotted key. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What people say of it (labels.json). `name` is the one to show. */
  readonly tags: readonly string[];
  readonly note: string;
  readonly archived: boolean;
  /** The name that training gave it, where another is shown. */
  readonly ownName?: string;
  readonly problem?: string;
}

/** GET api/runs */
export interface RunList {
  /** The folder, as a title. */
  readonly folder: string;
  readonly runs: readonly RunSummary[];
  /** Config values that all runs share. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** Keys (without layers) of the metrics that the runs declare. */
  readonly metrics: readonly string[];
}

/** GET api/runs/ID */
export interface RunDetail {
  readonly summary: RunSummary;
  /** Every config value, by dotted key, and where it came from. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly sources: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly engine: { readonly name: string; readonly device: string };
  readonly seed: number;
  /** What trains and what is held out, in words; empty when that is not on record. */
  readonly text: string;
  /** What was looked at, in words, by a run that trained nothing, and what firing means there; else empty. */
  readonly observed: string;
  readonly model: (ModelShape & { readonly n_params: number }) | null;
  readonly tokensPerStep: number;
  readonly attempts: readonly Attempt[];
  /** Plugins that are not built in, a line each: what they are and the hash of their file. */
  readonly plugins: readonly string[];
  /** What it was forked from, and the sweep that it is part of; empty where it is neither. */
  readonly origin: string;
  readonly metrics: readonly MetricInfo[];
  readonly charts: readonly DeclaredChart[];
  /** Keys of the numbers on record, in order of appearance. */
  readonly keys: readonly string[];
  /** Keys of array metrics at the newest step that has any. */
  readonly arrayKeys: readonly string[];
  readonly rows: number;
  /** What is wrong with the files, one sentence each. */
  readonly problems: readonly string[];
}

/** GET api/runs/ID/series */
export interface RunSeries {
  readonly step: readonly number[];
  readonly tokens: readonly number[];
  readonly time: readonly number[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /** Rows in one pair of points; 1: every row is there. See `Series`. */
  readonly stride: number;
  /** The newest finite number of each key, exactly. */
  readonly latest: Readonly<Record<string, { step: number; tokens: number; time: number; value: number }>>;
  /** Where numbers are not finite; `value` spelt as a string. */
  readonly nonFinite: Readonly<Record<string, readonly (Omit<NonFinite, "value"> & { readonly value: string })[]>>;
  /** Share of the file that has been read, 0 to 1: below 1 the points are a sample and more is on the way. */
  readonly read: number;
}

/** One step of one array metric. Non-finite elements are strings. */
export interface ArraySlice {
  readonly key: string;
  readonly step: number;
  readonly tokens: number;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** GET api/runs/ID/arrays */
export interface ArrayTable {
  readonly slices: readonly ArraySlice[];
  /** Steps on record, and those of them that were sent. */
  readonly steps: number;
  readonly sent: number;
  readonly problems: readonly string[];
}

/** GET api/runs/ID/events */
export interface EventList {
  readonly events: readonly RunEvent[];
  /** Events on record; above `events.length` only the newest were sent. */
  readonly total: number;
}

/** GET api/runs/ID/console */
export interface ConsoleLog {
  /** The newest, oldest first. */
  readonly lines: readonly Output[];
}

/** Server-sent event `run`: something about this run has changed. */
export interface RunChange {
  readonly id: string;
  readonly state: RunSummary["state"];
  readonly step: number;
  readonly rows: number;
  readonly loss: number | string | null;
  /** Share of rows.jsonl that has been read, 0 to 1. */
  readonly read: number;
}
