/** What to train: a new run, the rest of one, or a fork of one. */
import { basename } from "node:path";
import { latestCheckpoint } from "../checkpoint/folder.ts";
import { deepFreeze } from "../config/deep-freeze.ts";
import type { Difference } from "../config/difference.ts";
import type { LoadedConfig } from "../config/load.ts";
import { changedConfig, type ResumeChanges } from "../config/resumable.ts";
import type { ConfigInput } from "../config/schema.ts";
import type { DeclaredChart } from "../contract/chart.ts";
import type { Run, SweepPlace } from "../contract/run.ts";
import type { DrawnChart } from "../contract/sink.ts";
import type { RecordedData } from "../data/same-data.ts";
import { runFinished } from "../errors/errors.ts";
import type { PluginTable } from "../host/registry.ts";
import { arraySizes } from "../record/arrays.ts";
import { presentBaseDir } from "../record/base-dir.ts";
import type { RunFile } from "../record/format.ts";
import type { LockOptions } from "../record/lock.ts";
import { readRun, resolveRun } from "../record/runs.ts";
import { lastRow } from "../record/tail.ts";
import { forkOrigin } from "./fork-origin.ts";
import { recordedData } from "./open.ts";
import { lastStep } from "./plan.ts";
import { recordedConfig } from "./recorded-config.ts";
import type { Means } from "./same-means.ts";
import { isOwnRun, type Word } from "./trust.ts";
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
  /** Go on with this run instead of beginning a new one, from this checkpoint or else from where it began; absolute paths. */
  readonly resume?: {
    readonly dir: string;
    readonly checkpoint: string | undefined;
    /** For a fork that has no whole checkpoint: its parent's, which it began with. */
    readonly origin?: string | undefined;
    /** The run's attempts when its checkpoint was chosen; it must be as it was once its lock is held. */
    readonly seen: RunFile["attempts"];
    /** What it was computed with. */
    readonly means: Means;
    /** See `LockOptions`. */
    readonly takeOver?: boolean | undefined;
  };
  /** Where to write the first step's graph, see `dumpProgram`. */
  readonly dumpGraph?: string | undefined;
  /** Begin a new run with the state, the analyzers' states and the place in the data of another run's checkpoint. */
  readonly fork?: { readonly of: NonNullable<Run["fork"]>; readonly checkpoint: string };
  /** Draws charts of a run directory for sinks that want pictures; see `SinkHost.drawCharts`. */
  readonly drawCharts?: (dir: string, charts: readonly DeclaredChart[]) => Promise<readonly DrawnChart[]>;
  /** Keys of the config that a resume changes. */
  readonly changes?: readonly Difference[];
  /** What the data must be: that of the run that goes on or is forked. */
  readonly recorded?: RecordedData;
  readonly acceptChangedCorpus?: boolean;
  /** Warnings from before the run was opened. */
  readonly notes?: readonly string[];
  /** The name of the new run's directory, and its place in a sweep; without, the directory is named by the time. */
  readonly planned?: { readonly id: string; readonly sweep?: SweepPlace };
  /** What it shares with other runs of this process. */
  readonly workshop?: Workshop;
  /** Wall clock, ms since 1970. */
  readonly clock?: () => number;
}

/** What a resume may do differently. */
export interface ResumeOptions extends ResumeChanges, Word, Pick<LockOptions, "takeOver"> {
  readonly acceptChangedCorpus?: boolean;
}

/**
 * Finds the run that `ref` names under `root` and its newest whole checkpoint; config and sources are the run's own, but for
 * what is asked to change. A run without a whole checkpoint begins again, a fork from its parent's. Throws `run.notFound`,
 * `run.untrusted`, `checkpoint.invalid`, or `usage` when nothing is left to train or a key must stay.
 */
export async function resumeRequest(
  root: string,
  ref: string,
  plugins: PluginTable,
  { takeOver, acceptChangedCorpus = false, set = [], steps, ...word }: ResumeOptions = {},
): Promise<RunRequest> {
  const { dir, run, state } = readRun(resolveRun(root, ref));
  const { latest, arrays = {}, skipped } = latestCheckpoint(dir);
  const own = recordedConfig(run, plugins, word);
  const done = run.attempts.at(-1)?.outcome?.step ?? latest?.step ?? 0;
  const { config, changes } = await changedConfig(own.config, { set, steps }, run.sources, done);
  // Checkpoints may have been added to what an observed run looks at.
  if (run.observed === undefined && state === "finished" && lastStep(config.train) <= done)
    throw runFinished(run.id, done);
  const notes = skipped.map(({ path, reason }) => `skipped ${basename(path)}: ${reason}`);
  const origin = latest === undefined && run.fork ? forkOrigin(dir, run.id, run.fork) : undefined;
  if (latest === undefined) {
    const where = run.fork ? `step ${run.fork.step} of run ${run.fork.run}, which it is a fork of` : "the first step";
    notes.push(`no whole checkpoint: beginning again from ${where}.`);
  }
  const missing = await missingRows(dir, run, latest?.step ?? 0);
  if (missing !== undefined) notes.push(missing);
  notes.push(...missingArrays(dir, arrays));
  if (run.seal !== undefined && !isOwnRun(run)) {
    notes.push(
      "run.json does not bear your seal: somebody else made the run, or it was changed since. It is taken as it stands.",
    );
  }
  if (changes.some(({ keyPath }) => keyPath === "train.steps")) {
    notes.push(`the learning rate follows the schedule of ${config.train.steps} steps from here on.`);
  }
  const sources = { ...own.sources, ...Object.fromEntries(changes.map(({ keyPath }) => [keyPath, "resume"])) };
  const loaded = { ...own, config: deepFreeze(config), sources, baseDir: presentBaseDir(dir, run, own.baseDir) };
  return {
    loaded,
    plugins,
    notes,
    resume: { dir, checkpoint: latest?.path, origin, seen: run.attempts, means: run, takeOver },
    changes,
    recorded: recordedData(run),
    acceptChangedCorpus,
  };
}

/** What to say of files in arrays/ that have become shorter than a checkpoint says they were. */
function missingArrays(dir: string, sizes: Readonly<Record<string, number>>): string[] {
  const found = arraySizes(dir);
  return Object.entries(sizes).flatMap(([name, bytes]) => {
    const lost = bytes - (found[name] ?? 0);
    return lost > 0 ? [`arrays/${name} was cut short or removed: its last ${lost} bytes are lost.`] : [];
  });
}

/** What to say where the rows end before the checkpoint that a run goes on from; a fork's begin after where it was forked. */
async function missingRows(dir: string, run: RunFile, step: number): Promise<string | undefined> {
  const { json } = (run.config.sinks ?? {}) as { readonly json?: unknown };
  const first = run.fork?.step ?? 0;
  if (json === undefined || run.observed || step <= first) return undefined;
  const last = (await lastRow(dir))?.step ?? first;
  if (last >= step) return undefined;
  return `rows.jsonl ends at step ${last}, before the checkpoint of step ${step}: rows of steps ${last + 1} to ${step} are lost.`;
}
