/** An observed run: a run like any other, whose steps are looks at parameters that came from elsewhere. */
import { basename } from "node:path";
import { loadCheckpoint, saveCheckpoint } from "../../core/checkpoint/checkpoint.ts";
import { discardCheckpointsAfter, pruneCheckpoints } from "../../core/checkpoint/folder.ts";
import type { Moment, Run } from "../../core/contract/run.ts";
import type { Row } from "../../core/contract/sink.ts";
import { bitsPerByte } from "../../core/data/bytes-per-token.ts";
import { allLookedAt, stepFailed } from "../../core/errors/errors.ts";
import {
  type ActiveAnalyzer,
  analyzeStep,
  callHook,
  loadAnalyzers,
  saveAnalyzers,
  setUp,
} from "../../core/host/analyzers.ts";
import { lookMetrics, sectionOf } from "../../core/host/metrics.ts";
import type { Change } from "../../core/record/format.ts";
import { firingMeaning } from "../../core/record/observed.ts";
import { readRun } from "../../core/record/runs.ts";
import { conclude, type RunResult } from "../../core/run/conclude.ts";
import { enterRun, type RunEntry } from "../../core/run/entry.ts";
import type { Observer } from "../../core/run/observer.ts";
import { withState } from "../../core/run/open.ts";
import { createProgress, type Progress } from "../../core/run/progress.ts";
import { writeResume } from "../../core/run/record-step.ts";
import type { RunRequest } from "../../core/run/request.ts";
import { changedMeans } from "../../core/run/same-means.ts";
import { stepLine } from "../../core/run/step-line.ts";
import { checkSites } from "../../core/run/training.ts";
import { createVoices, type Voices } from "../../core/run/voices.ts";
import { opened } from "./looking.ts";
import { type Observation, openObservation } from "./open.ts";
import { createLookProgram, type LookProgram, type Sight } from "./program.ts";
import type { Subject } from "./subject.ts";

/** An observed run that is open. */
interface Observing extends Voices {
  readonly observation: Observation;
  readonly entry: RunEntry;
  readonly run: Run;
  readonly analyzers: readonly ActiveAnalyzer[];
  readonly program: LookProgram;
  readonly progress: Progress;
  readonly clock: () => number;
  /** Subjects that an earlier process has looked at. */
  readonly done: number;
  /** What it is computed with now and was not before, where it goes on. */
  readonly changed: readonly Change[];
}

/**
 * Looks at every checkpoint that `observe` in the config names, in the order of steps, and keeps rows, events, arrays and charts
 * as a run that trains does. Each look is saved: a run that is stopped goes on where it was. `signal` asks for a stop after the
 * look in hand. Throws ExperimentError; every sink that was opened is closed by then.
 */
export async function observeCheckpoints(
  request: RunRequest,
  signal: AbortSignal = new AbortController().signal,
  observer: Observer = {},
): Promise<RunResult> {
  const observing = await openObserving(request, observer);
  const { run, observation, sinks, notices, program, progress, done } = observing;
  const stopping = AbortSignal.any([signal, observing.stopAsked]);
  let looked = done;
  let failure: unknown;
  try {
    for (const sink of sinks) await sink.open(run);
    if (run.resumedFrom !== undefined) await resumed(observing);
    for (const note of [...(request.notes ?? []), ...notesOf(observing)]) notices.warn(note);
    observer.started?.(run, observation.open.engine.device);
    await callHook(observing.analyzers, "onRunStart", progress.step, run);
    const begun = performance.now();
    for (const subject of observation.subjects.slice(done)) {
      if (stopping.aborted) break;
      const sight = await lookAt(observing, subject, looked, observer);
      looked++;
      const left = observation.subjects.length - looked;
      const each = (performance.now() - begun) / (looked - done);
      const report = {
        what: "look",
        step: looked,
        steps: observation.subjects.length,
        loss: sight.loss,
        evalLoss: sight.held.loss,
        tokensPerSecond: (run.batchSize * run.model.n_ctx * 1000) / each,
        remainingMs: left * each,
      };
      observer.step?.(report);
      for (const sink of sinks)
        sink.output({ stream: "stdout", time: observing.clock(), text: stepLine(report, report.evalLoss) });
    }
  } catch (thrown) {
    failure = thrown;
  }
  const dispose = async () => {
    program.dispose();
    await observation.open.close();
  };
  const tokens = observation.subjects[looked - 1]?.tokens ?? 0;
  const finished = looked === observation.subjects.length;
  return conclude(observing, { failure, stopping, observer, tokens, finished, dispose });
}

async function openObserving(request: RunRequest, observer: Observer): Promise<Observing> {
  const { loaded, plugins, resume, recorded, acceptChangedCorpus, clock = Date.now } = request;
  const phase = (text: string) => observer.phase?.(text);
  const before = resume && readRun(resume.dir).run.observed;
  const observation = await openObservation(loaded, plugins, {
    phase,
    observed: before,
    recorded,
    acceptChangedCorpus,
  });
  const { open, subjects, soft } = observation;
  const { thresholds } = open.plan;
  let entry: RunEntry | undefined;
  try {
    const { sequences } = open.config.observe;
    const saved = resume?.checkpoint === undefined ? undefined : loadCheckpoint(resume.checkpoint);
    const done = subjects.filter(({ step }) => saved !== undefined && step <= saved.step).length;
    const ended = resume?.seen.at(-1)?.outcome?.state === "finished";
    if (ended && done === subjects.length) throw allLookedAt(basename(resume.dir), saved!.step);
    const observed = {
      architecture: observation.architecture,
      source: basename(subjects.length === 1 ? subjects[0]!.path : parentOf(subjects)),
      looks: subjects.length,
      ...(soft !== undefined && { soft }),
      ...(thresholds && { thresholds }),
    };
    const steps = subjects.at(-1)!.step;
    const { tokensPerStep } = observation;
    const observing = { observed, steps, sequences, tokensPerStep, metrics: lookMetrics };
    const changed = [...open.dataChanges, ...changedMeans(request, open.engine)];
    entry = enterRun({ request, open, fromStep: saved?.step ?? 0, changed, observing });
    const { run } = entry;
    const analyzers = open.chosen.analyzer.map(({ plugin, options }) => setUp(plugin, options, 1, run));
    checkSites(analyzers, open.chosen);
    if (saved) loadAnalyzers(analyzers, saved.analyzers, saved.step);
    observer.phase?.("preparing the look");
    const program = await createLookProgram(open, analyzers, sequences);
    const progress = createProgress(saved?.step ?? 0, undefined);
    const voices = createVoices({ request, chosen: open.chosen, run, progress, observer, clock });
    entry.begin();
    return { observation, entry, run, analyzers, program, progress, ...voices, clock, done, changed };
  } catch (thrown) {
    entry?.abandon();
    await open.close();
    throw thrown;
  }
}

/** Of a history, the folder that all its checkpoints are in. */
function parentOf(subjects: readonly Subject[]): string {
  return subjects[0]!.path.replace(/[/\\][^/\\]+$/, "").replace(/[/\\]checkpoints$/, "");
}

async function resumed(observing: Observing): Promise<void> {
  const { run, progress, clock, changed } = observing;
  discardCheckpointsAfter(run.dir, progress.step);
  const at = { step: progress.step, tokens: progress.step * run.tokensPerStep, time: clock() };
  await writeResume(observing, at, changed);
}

/** What somebody who reads these numbers must know, a line each. */
function notesOf({ run, analyzers, observation }: Observing): string[] {
  const without = analyzers.flatMap(({ plugin }) => {
    const { name, gradients = [] } = plugin;
    if (gradients.length === 0) return [];
    const more = gradients.length > 4 ? ` and ${gradients.length - 4} more` : "";
    const named = `${gradients.slice(0, 4).join(", ")}${more}`;
    return [`${name}: nothing is trained here, so ${named} are absent: they need gradients or the optimizer.`];
  });
  const meaning = firingMeaning(run.observed);
  const untimed = observation.subjects.length > 1 && observation.subjects.every(({ tokens }) => tokens === undefined);
  const clockless = untimed && run.tokensPerStep === 0;
  return [
    ...without,
    ...(meaning === undefined ? [] : [`${meaning} See observe.threshold.`]),
    ...(clockless
      ? ["training tokens are not known: the axis of tokens stays at 0. Set observe.tokens_per_step."]
      : []),
  ];
}

/** One look: parameters go to the engine, readings to the analyzers, a row to the sinks, and what analyzers know to the disk. */
async function lookAt(observing: Observing, subject: Subject, seq: number, observer: Observer): Promise<Sight> {
  const { observation, run, analyzers, program, progress, sinks, notices, clock } = observing;
  const { open } = observation;
  const { step } = subject;
  const begun = performance.now();
  observer.phase?.(`reading ${basename(subject.path)}`);
  const sight = await opened(subject, async (subject) => {
    for (const note of subject.notes) notices.warn(note);
    return withState(open.engine, subject.parameters(), (uploaded) =>
      program.look(uploaded, observation.batch(subject)),
    );
  }).catch((thrown: unknown) => {
    throw stepFailed(step, thrown);
  });
  const tokens = subject.tokens ?? step * run.tokensPerStep;
  const at: Moment = { step, tokens, time: clock() };
  await callHook(analyzers, "onEval", step, { ...at, loss: sight.held.loss });
  const moment = { ...at, lr: Number.NaN, applied: true, shrink: 1 };
  const recorded = await analyzeStep(analyzers, sight.readings, moment, run.model.n_layers, sight.frozen);
  const metrics = { ...lookValues(observation, sight, performance.now() - begun), ...recorded.metrics };
  const row: Row = { seq, ...at, metrics: absent(analyzers, metrics), arrays: recorded.arrays };
  Object.assign(progress.latest, row.metrics);
  for (const sink of sinks) await sink.write(row);
  for (const event of recorded.events) for (const sink of sinks) await sink.event(event);
  progress.step = step;
  const saved = saveCheckpoint(run.dir, {
    step,
    tokens,
    seq: seq + 1,
    state: {},
    analyzers: saveAnalyzers(analyzers, step),
    cursor: { epoch: 0, position: 0 },
    config: run.config,
  });
  pruneCheckpoints(run.dir, { keep_last: 2, keep_every: 0, saved });
  return sight;
}

function lookValues({ bytesPerToken }: Observation, { loss, held }: Sight, ms: number): Record<string, number> {
  return {
    "eval/loss": held.loss,
    "eval/loss_se": held.standardError,
    "eval/perplexity": Math.exp(held.loss),
    ...(bytesPerToken && { "eval/bits_per_byte": bitsPerByte(held.loss, bytesPerToken) }),
    "look/loss": loss,
    "look/ms": ms,
  };
}

/** Without the metrics that need gradients, whatever an analyzer made of their absence. */
function absent(analyzers: readonly ActiveAnalyzer[], metrics: Record<string, number>): Record<string, number> {
  const keys = new Set(
    analyzers.flatMap(({ plugin }) => (plugin.gradients ?? []).map((metric) => `${sectionOf(plugin.name)}/${metric}`)),
  );
  const metricOf = (key: string) => key.replace(/\/layer_\d+$/, "");
  return Object.fromEntries(Object.entries(metrics).filter(([key]) => !keys.has(metricOf(key))));
}
