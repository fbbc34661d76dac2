/**
 * The one way to open a run: its plugins, data, engine, model and held-out windows, in the order in which mistakes should be
 * found. Training, resuming and forking go on from here, and so does every study of a run's checkpoints: all of them see the
 * same windows through the same programs.
 */
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Dataset } from "../data/dataset.ts";
import { checkSameData, type DataChange, type RecordedData } from "../data/same-data.ts";
import { type EvalWindows, evalWindows } from "../data/windows.ts";
import type { Engine, State } from "../engine/engine.ts";
import { quietTensorflow } from "../engine/quiet.ts";
import { completeConfig } from "../host/complete-config.ts";
import type { PluginTable } from "../host/registry.ts";
import { type ChosenPlugins, choosePlugins, only } from "../host/resolve.ts";
import { presentBaseDir } from "../record/base-dir.ts";
import type { RunFile } from "../record/format.ts";
import { readRun } from "../record/runs.ts";
import { checkHold } from "../step/held.ts";
import type { StepPlan } from "../step/step.ts";
import { loadRunData } from "./data.ts";
import { checkEngineKeys, engineNotes } from "./engine-keys.ts";
import { createEvaluation, type Evaluation } from "./evaluation.ts";
import { planOf } from "./plan.ts";
import { recordedConfig } from "./recorded-config.ts";
import { isOwnRun, type Word } from "./trust.ts";
import { loneWorkshop, type Workshop } from "./workshop.ts";

/** A run that is open: nothing is trained and nothing written by it. */
export interface OpenRun {
  /** With every option of every plugin. */
  readonly loaded: LoadedConfig;
  readonly config: Config;
  readonly chosen: ChosenPlugins;
  readonly dataset: Dataset;
  /** What of the data is not as it was on record, where that was accepted. */
  readonly dataChanges: readonly DataChange[];
  readonly engine: Engine;
  /** What its user may not expect of data and engine, a line each. */
  readonly notes: readonly string[];
  readonly plan: StepPlan;
  /** The held-out windows of every evaluation. */
  readonly held: EvalWindows;
  /** Compiled at the first call. */
  evaluation(): Promise<Evaluation>;
  close(): Promise<void>;
}

/** What to open: a config whose plugins have been chosen. */
export interface OpenRequest {
  readonly loaded: LoadedConfig;
  readonly chosen: ChosenPlugins;
  /** Is told when something that takes a moment begins. */
  readonly phase?: ((text: string) => void) | undefined;
  /** What the data must be, for a run that is on record. */
  readonly recorded?: RecordedData | undefined;
  /** Goes on where the data is not that. */
  readonly acceptChangedCorpus?: boolean | undefined;
  /** What it shares with other runs of this process. */
  readonly workshop?: Pick<Workshop, "engine" | "dataset"> | undefined;
}

/** Opens a run. What has been opened is closed again when a later part fails. */
export async function openRun(request: OpenRequest): Promise<OpenRun> {
  const { loaded, chosen, phase, recorded, acceptChangedCorpus, workshop = loneWorkshop } = request;
  quietTensorflow();
  const complete = completeConfig(loaded, chosen);
  const { config } = complete;
  checkEngineKeys(complete);
  const reading = `reading corpus ${only(chosen.corpus).plugin.name}`;
  phase?.(reading);
  const dataset = await loadRunData(complete, chosen, workshop.dataset, (what) => phase?.(`${reading}: ${what}`));
  const dataChanges = recorded ? checkSameData(recorded, dataset, acceptChangedCorpus === true) : [];

  phase?.("starting the engine");
  const engine = await workshop.engine(config.engine);
  try {
    const plan = planOf(config, chosen, dataset.d_vocab);
    checkHold(config.train.hold, Object.keys(plan.model.parameters));
    const held = evalWindows(dataset, config.model.n_ctx, config.eval.windows);
    let evaluation: Promise<Evaluation> | undefined;
    return {
      loaded: complete,
      config,
      chosen,
      dataset,
      dataChanges,
      engine,
      notes: [...dataset.notes, ...(engine.notes ?? []), ...engineNotes(complete, engine)],
      plan,
      held,
      evaluation: () => {
        evaluation ??= createEvaluation(engine, plan, held);
        return evaluation;
      },
      close: async () => {
        if (evaluation !== undefined) (await evaluation).dispose();
        await engine.dispose();
      },
    };
  } catch (thrown) {
    await engine.dispose();
    throw thrown;
  }
}

/** How a run that is on record is looked at. */
export interface StoredRunOptions {
  readonly word?: Word | undefined;
  readonly acceptChangedCorpus?: boolean | undefined;
}

/**
 * The config of the run in a directory, without its analyzers and sinks: what it takes to look at its checkpoints. Throws
 * `run.untrusted` for one that names code or places that are not the user's own word.
 */
export function storedConfig(dir: string, plugins: PluginTable, word: Word = {}): LoadedConfig {
  const { run } = readRun(dir);
  const whole = isOwnRun(run) ? { ...word, trust: true } : word; // the seal is on the config with all of its plugins
  const own = recordedConfig({ ...run, config: { ...run.config, analyzers: {}, sinks: {} } }, plugins, whole);
  return { ...own, baseDir: presentBaseDir(dir, run, own.baseDir) };
}

/** Opens the run in a directory with that config. Throws `data.changed` where its data is not what is on record. */
export async function openStoredRun(
  dir: string,
  plugins: PluginTable,
  { word, acceptChangedCorpus }: StoredRunOptions = {},
): Promise<OpenRun> {
  const loaded = storedConfig(dir, plugins, word);
  const chosen = await choosePlugins(loaded, plugins);
  return openRun({ loaded, chosen, recorded: recordedData(readRun(dir).run), acceptChangedCorpus });
}

/** What a run has on record of its data. */
export function recordedData({ id, versions, corpus }: RunFile): RecordedData {
  return { run: id, version: versions.reluscope ?? "of an earlier version", corpus };
}

/** Calls `look` with a state that is on the engine meanwhile. */
export async function withState<T>(
  engine: Engine,
  state: Parameters<Engine["upload"]>[0],
  look: (uploaded: State) => Promise<T>,
): Promise<T> {
  const uploaded = await engine.upload(state);
  try {
    return await look(uploaded);
  } finally {
    engine.release(uploaded);
  }
}
