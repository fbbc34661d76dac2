/** A run that is open for training: its entry on disk, its analyzers, its sinks, its state. */
import { basename } from "node:path";
import { createRandom } from "../arrays/random.ts";
import { type Checkpoint, loadCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Run } from "../contract/run.ts";
import { type Cursor, createSampler, type Sampler } from "../data/sampler.ts";
import { dumpProgram } from "../engine/dump.ts";
import type { State } from "../engine/engine.ts";
import { siteMissing } from "../errors/errors.ts";
import { type ActiveAnalyzer, loadAnalyzers, setUp } from "../host/analyzers.ts";
import { completeConfig } from "../host/complete-config.ts";
import { type ChosenPlugins, choosePlugins, only } from "../host/resolve.ts";
import type { Change } from "../record/format.ts";
import { readRun } from "../record/runs.ts";
import { derivedSites } from "../step/forward.ts";
import { initialState } from "../step/step.ts";
import { enterRun, type RunEntry } from "./entry.ts";
import { createLooks, type Looks } from "./looks.ts";
import type { Observer } from "./observer.ts";
import { type OpenRun, openRun } from "./open.ts";
import { createProgress, type Progress } from "./progress.ts";
import type { RunRequest } from "./request.ts";
import { changedMeans } from "./same-means.ts";
import { createTrainSteps, type TrainSteps } from "./train-steps.ts";
import { createVoices, type Voices } from "./voices.ts";

export interface Training extends Voices {
  readonly open: OpenRun;
  readonly entry: RunEntry;
  readonly run: Run;
  readonly state: State;
  readonly steps: TrainSteps;
  readonly looks: Looks;
  readonly sampler: Sampler;
  readonly analyzers: readonly ActiveAnalyzer[];
  readonly progress: Progress;
  readonly clock: () => number;
  /** What it is computed with now and was not before, where it goes on. */
  readonly changed: readonly Change[];
}

/**
 * Makes everything ready up to, and without, the first step. `beforehand` has its turn before the run exists for others. What has
 * been opened is closed again when a later part fails.
 */
export async function openTraining(
  request: RunRequest,
  observer: Observer,
  beforehand: (training: Training) => Promise<void>,
): Promise<Training> {
  const chosen = await choosePlugins(request.loaded, request.plugins);
  const saved = savedState(request, chosen);
  const { loaded, recorded, acceptChangedCorpus, workshop } = request;
  const phase = (text: string) => observer.phase?.(text);
  const open = await openRun({ loaded, chosen, phase, recorded, acceptChangedCorpus, workshop });
  let entry: RunEntry | undefined;
  try {
    const changed = changedMeans(request, open.engine);
    entry = enterRun({ request, open, fromStep: saved?.step ?? 0, changed: [...open.dataChanges, ...changed] });
    const training = await prepared({ request, open, entry, saved, observer, changed });
    await beforehand(training);
    entry.begin();
    return training;
  } catch (thrown) {
    entry?.abandon();
    await open.close();
    throw thrown;
  }
}

/** The checkpoint that training goes on from: its own run's, which must have the same config, or that of the run it is a fork of. */
function savedState({ resume, fork, loaded, changes = [] }: RunRequest, chosen: ChosenPlugins): Checkpoint | undefined {
  if (resume?.checkpoint) {
    // A checkpoint may be older than changes that are on record already.
    const before = readRun(resume.dir).run.changes ?? [];
    const changed = new Set([...before, ...changes].map(({ keyPath }) => keyPath));
    return loadCheckpoint(resume.checkpoint, completeConfig(loaded, chosen).config, changed);
  }
  const origin = resume?.origin ?? fork?.checkpoint;
  return origin === undefined ? undefined : loadCheckpoint(origin);
}

interface Parts {
  readonly request: RunRequest;
  readonly open: OpenRun;
  readonly entry: RunEntry;
  readonly saved: Checkpoint | undefined;
  readonly observer: Observer;
  readonly changed: readonly Change[];
}

async function prepared({ request, open, entry, saved, observer, changed }: Parts): Promise<Training> {
  const { config, chosen, dataset, engine, plan, held } = open;
  const { run } = entry;
  const { clock = Date.now } = request;
  const analyzers = chosen.analyzer.map(({ plugin, options, every }) => setUp(plugin, options, every, run));
  checkSites(analyzers, chosen);
  const sampler = createSampler(dataset.train, {
    n_ctx: config.model.n_ctx,
    seed: config.seed,
    order: config.data.order,
  });

  observer.phase?.("preparing the train step");
  const steps = await createTrainSteps(engine, plan, analyzers, run.steps, dataset.tokenizer);
  const looks = await createLooks(engine, plan, analyzers, held, run.steps);
  await open.evaluation();
  if (request.dumpGraph !== undefined) {
    const written = await dumpProgram(steps.first, request.dumpGraph);
    observer.info?.(`wrote ${written.join(" and ")}`);
  }
  if (saved) {
    sampler.restore(placeIn(sampler, saved.cursor, open.dataChanges.length > 0));
    loadAnalyzers(analyzers, saved.analyzers, saved.step);
  }
  const state = await engine.upload(saved?.state ?? initialState(plan, createRandom(config.seed, "weights")));

  const progress = createProgress(saved?.step ?? 0, request.resume?.checkpoint && basename(request.resume.checkpoint));
  const voices = createVoices({ request, chosen, run, progress, observer, clock });
  return {
    open,
    entry,
    run,
    state,
    steps,
    looks,
    sampler,
    analyzers,
    changed,
    ...voices,
    progress,
    clock,
  };
}

/** Where the checkpoint stands; in changed data, whose epochs may be shorter, at the beginning of the next epoch at the latest. */
function placeIn({ windows }: Sampler, cursor: Cursor, changed: boolean): Cursor {
  return changed && cursor.position > windows ? { epoch: cursor.epoch + 1, position: 0 } : cursor;
}

/** Every site that an analyzer asks for must be one that the model has. */
export function checkSites(analyzers: readonly ActiveAnalyzer[], chosen: ChosenPlugins): void {
  const { plugin: model } = only(chosen.model);
  const derived = Object.entries(derivedSites).flatMap(([site, from]) =>
    from !== undefined && from in model.sites ? [site] : [],
  );
  const known = [...new Set([...Object.keys(model.sites), ...derived])];
  for (const { plugin, instance } of analyzers) {
    const missing = [...plugin.sites, ...(instance.frozen?.sites ?? [])].find((site) => !known.includes(site));
    if (missing !== undefined) throw siteMissing(plugin.name, missing, model.name, known);
  }
}
