/** What to train: a new run, the rest of one, or a fork of one. */
import { basename } from "node:path";
import { latestCheckpoint } from "../checkpoint/folder.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { ConfigInput } from "../config/schema.ts";
import type { DeclaredChart } from "../contract/chart.ts";
import type { Run, SweepPlace } from "../contract/run.ts";
import type { DrawnChart } from "../contract/sink.ts";
import { runFinished } from "../errors/errors.ts";
import type { PluginTable } from "../host/registry.ts";
import type { RunFile } from "../record/format.ts";
import type { LockOptions } from "../record/lock.ts";
import { readRun, resolveRun } from "../record/runs.ts";
import { recordedConfig } from "./recorded-config.ts";
import type { Word } from "./trust.ts";
import type { Workshop } from "./workshop.ts";

/** What `train` is asked for, with a config that `loadConfig` has found. */
export interface RunRequest extends RunOptions {
  readonly loaded: LoadedConfig;
}

/** What `train` is asked for, with a config written as an object. */
export interface GivenRequest extends RunOptions {
  /** As an rc file would say it; unknown keys are errors. */
  readonly config: ConfigInput;
  /** Where relative paths of the config start, absolute; the working directory when left out. */
  readonly baseDir?: string;
}

interface RunOptions {
  /** Where names in the config are looked up; `builtIns` of `reluscope/plugins` has all that come with the package. */
  readonly plugins: PluginTable;
  /** Go on with this run instead of beginning a new one, from this checkpoint or else from its first step; absolute paths. */
  readonly resume?: {
    readonly dir: string;
    readonly checkpoint: string | undefined;
    /** The run's attempts when its checkpoint was chosen; it must be as it was once its lock is held. */
    readonly seen: RunFile["attempts"];
    /** See `LockOptions`. */
    readonly takeOver?: boolean | undefined;
  };
  /** Where to write the first step's graph, see `dumpProgram`. */
  readonly dumpGraph?: string | undefined;
  /** Begin a new run with the state, the analyzers' states and the place in the data of another run's checkpoint. */
  readonly fork?: { readonly of: NonNullable<Run["fork"]>; readonly checkpoint: string };
  /** Draws charts of a run directory for sinks that want pictures; see `SinkHost.drawCharts`. */
  readonly drawCharts?: (dir: string, charts: readonly DeclaredChart[]) => Promise<readonly DrawnChart[]>;
  /** Warnings from before the run was opened. */
  readonly notes?: readonly string[];
  /** The name of the new run's directory, and its place in a sweep; without, the directory is named by the time. */
  readonly planned?: { readonly id: string; readonly sweep: SweepPlace };
  /** What it shares with other runs of this process. */
  readonly workshop?: Workshop;
  /** Wall clock, ms since 1970. */
  readonly clock?: () => number;
}

/**
 * Finds the run that `ref` names under `root` and its newest whole checkpoint; config and sources are the run's own. A run that
 * was stopped before its first checkpoint begins again. Throws `run.notFound`, `run.untrusted`, or `usage` when nothing is left to
 * train.
 */
export function resumeRequest(
  root: string,
  ref: string,
  plugins: PluginTable,
  { takeOver, ...word }: Word & Pick<LockOptions, "takeOver"> = {},
): RunRequest {
  const { dir, run, state } = readRun(resolveRun(root, ref));
  const done = run.attempts.at(-1)?.outcome;
  if (state === "finished") throw runFinished(run.id, done?.step ?? run.steps);
  const { latest, skipped } = latestCheckpoint(dir);
  const loaded = recordedConfig(run, plugins, word);
  const notes = skipped.map(({ path, reason }) => `skipped ${basename(path)}: ${reason}`);
  if (latest === undefined) notes.push("no whole checkpoint: beginning again from the first step.");
  return { loaded, plugins, notes, resume: { dir, checkpoint: latest?.path, seen: run.attempts, takeOver } };
}
