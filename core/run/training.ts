/** A run that is open for training: its entry on disk, its analyzers, its sinks, its state. */
import { basename } from "node:path";
import { createRandom } from "../arrays/random.ts";
import { type Checkpoint, loadCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Run } from "../contract/run.ts";
import { createSampler, type Sampler } from "../data/sampler.ts";
import { dumpProgram } from "../engine/dump.ts";
import type { State } from "../engine/engine.ts";
import { siteMissing } from "../errors/errors.ts";
import { type ActiveAnalyzer, loadAnalyzers, setUp } from "../host/analyzers.ts";
import { completeConfig } from "../host/complete-config.ts";
import { type ChosenPlugins, choosePlugins, only } from "../host/resolve.ts";
import { derivedSites } from "../step/forward.ts";
import { initialState } from "../step/step.ts";
import { enterRun, type RunEntry } from "./entry.ts";
import { createLooks, type Looks } from "./looks.ts";
import type { Observer } from "./observer.ts";
import { type OpenRun, openRun } from "./open.ts";
import { createProgress, type Progress } from "./progress.ts";
import type { RunRequest } from "./request.ts";
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
}

/** Makes everything ready up to, and without, the first step. What has been opened is closed again when a later part fails. */
export async function openTraining(request: RunRequest, observer: Observer): Promise<Training> {
  const chosen = await choosePlugins(request.loaded, request.plugins);
  const saved = savedState(request, chosen);
  const open = await openRun({
    loaded: request.loaded,
    chosen,
    phase: (text) => observer.phase?.(text),
    workshop: request.workshop,
  });
  let entry: RunEntry | undefined;
  try {
    entry = enterRun({ request, open, fromStep: saved?.step ?? 0 });
    const training = await prepared({ request, open, entry, saved, observer });
    entry.begin();
    return training;
  } catch (thrown) {
    entry?.abandon();
    await open.close();
    throw thrown;
  }
}

/** The checkpoint that training goes on from: its own run's, which must have the same config, or that of the forked run. */
function savedState({ resume, fork, loaded }: RunRequest, chosen: ChosenPlugins): Checkpoint | undefined {
  if (resume?.checkpoint) return loadCheckpoint(resume.checkpoint, completeConfig(loaded, chosen).config);
  return fork && loadCheckpoint(fork.checkpoint);
}

interface Parts {
  readonly request: RunRequest;
  readonly open: OpenRun;
  readonly entry: RunEntry;
  readonly saved: Checkpoint | undefined;
  readonly observer: Observer;
}

async function prepared({ request, open, entry, saved, observer }: Parts): Promise<Training> {
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
    sampler.restore(saved.cursor);
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
    ...voices,
    progress,
    clock,
  };
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
