/** A run's identity and its entry on disk: the `Run` that plugins see, and run.json from start to outcome. */
import path from "node:path";
import { sizeOf } from "../arrays/ndarray.ts";
import { withoutSecrets } from "../config/secrets.ts";
import type { ModelInstance } from "../contract/model.ts";
import type { MetricInfo, Observed, Outcome, Run } from "../contract/run.ts";
import { type ExperimentError, runFinished, runWentOn } from "../errors/errors.ts";
import { trainerMetrics } from "../host/metrics.ts";
import { declared } from "../host/resolve.ts";
import { type Attempt, type Change, formatVersion, type RunFile } from "../record/format.ts";
import { createRunDir, openRunDir, type RunDir } from "../record/run-dir.ts";
import { withAttempt, withOutcome } from "../record/run-file.ts";
import { isHeld } from "../step/held.ts";
import type { OpenRun } from "./open.ts";
import { lastStep } from "./plan.ts";
import { provenanceOf, surroundings } from "./provenance.ts";
import type { RunRequest } from "./request.ts";
import { meansOf } from "./same-means.ts";
import { sealedRun } from "./trust.ts";

/** A run directory that this process holds, with its run.json. */
export interface RunEntry {
  readonly run: Run;
  /** Throws `run.taken` when the directory is another process's by now. */
  check(): void;
  /** Writes run.json: from here on the run exists for others. */
  begin(): void;
  /** Puts the outcome on record and frees the directory. */
  finish(outcome: Outcome): void;
  /** Undoes a start that came to nothing: a new directory is removed, an old one is left as it was. */
  abandon(): void;
}

/** The parts of an open run that run.json tells of. */
export interface Enterable extends Pick<OpenRun, "loaded" | "config" | "chosen"> {
  readonly dataset: {
    readonly source: Readonly<Record<string, unknown>>;
    readonly vocabulary?: NonNullable<Run["vocabulary"]>;
  };
  readonly engine: { readonly name: string; readonly device: string };
  readonly plan: { readonly model: Pick<ModelInstance, "shape" | "parameters" | "layer"> };
}

interface Parts {
  readonly request: RunRequest;
  readonly open: Enterable;
  /** The step that a resumed run goes on from. */
  readonly fromStep: number;
  /** What is not as it was, of a run that goes on. */
  readonly changed?: readonly Change[];
  /** For a run that looks at parameters from elsewhere: what stands in the place of its training. */
  readonly observing?: {
    readonly observed: Observed;
    readonly steps: number;
    readonly sequences: number;
    /** Of the training that made the parameters; 0 where nobody knows. */
    readonly tokensPerStep: number;
    /** What rows hold beside the analyzers' metrics. */
    readonly metrics: readonly MetricInfo[];
  };
}

/** Makes the run directory, or takes over that of a resumed run, and holds its lock. Throws `run.inUse`, `run.io`. */
export function enterRun(parts: Parts): RunEntry {
  const { request, open, fromStep } = parts;
  const { loaded } = open;
  const { resume, clock = Date.now } = request;
  const now = clock();
  if (resume) {
    const { dir, run: file } = openRunDir(resume.dir, { now, takeOver: resume.takeOver });
    const problem = changedSince(file, resume.seen);
    if (problem !== undefined) {
      dir.release();
      throw problem;
    }
    const run = runOf(parts, dir, {
      startedAt: file.createdAt,
      name: file.name,
      fork: file.fork,
      sweep: file.sweep,
      resumedFrom: fromStep,
    });
    const changes = (request.changes ?? []).map(({ keyPath, a, b }) => {
      return withoutSecrets({ step: fromStep, time: now, keyPath, from: a ?? null, to: b ?? null });
    });
    const current = {
      ...file,
      format: formatVersion,
      // What is sealed anew is what the user vouched for just now.
      config: run.config,
      baseDir: loaded.baseDir,
      ...described(open),
      ...(run.observed && { observed: run.observed, steps: run.steps }),
      ...(changes.length > 0 && {
        sources: loaded.sources,
        steps: run.steps,
        changes: [...(file.changes ?? []), ...changes],
      }),
    };
    const { changed = [] } = parts;
    return entryOf(run, dir, current, { startedAt: now, fromStep, ...(changed.length > 0 && { changed }) }, () =>
      dir.release(),
    );
  }
  const dir = createRunDir(path.resolve(loaded.baseDir, loaded.config.runs), {
    now,
    ...(request.planned && { id: request.planned.id }),
  });
  const name = loaded.config.name ?? dir.id;
  const run = runOf(parts, dir, {
    startedAt: now,
    name,
    fork: request.fork?.of,
    sweep: request.planned?.sweep,
    resumedFrom: undefined,
  });
  const file: RunFile = {
    format: formatVersion,
    id: dir.id,
    name,
    createdAt: now,
    config: run.config,
    sources: loaded.sources,
    ...(loaded.file !== undefined && { configFile: path.relative(loaded.baseDir, loaded.file) }),
    baseDir: loaded.baseDir,
    seed: run.seed,
    batchSize: run.batchSize,
    tokensPerStep: run.tokensPerStep,
    steps: run.steps,
    warmupSteps: run.warmupSteps,
    metrics: run.metrics,
    attempts: [],
    ...(request.planned?.sweep && { sweep: request.planned.sweep }),
    ...(request.fork && { fork: request.fork.of }),
    ...(run.observed && { observed: run.observed }),
    ...described(open),
  };
  return entryOf(run, dir, file, { startedAt: now, fromStep }, () => dir.discard());
}

/** Between the first look at a run and its lock another process may have gone on with it, or finished it. */
function changedSince({ id, steps, attempts }: RunFile, seen: RunFile["attempts"]): ExperimentError | undefined {
  if (JSON.stringify(attempts) === JSON.stringify(seen)) return undefined;
  const last = attempts.at(-1)?.outcome;
  return last?.state === "finished" ? runFinished(id, last.step ?? steps) : runWentOn(id);
}

/** What may differ between the processes of one run, and what only the data tells. */
function described({ loaded, chosen, dataset, engine, plan }: Enterable) {
  const shapes = Object.values(plan.model.parameters);
  const n_params = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  return {
    ...meansOf(engine),
    corpus: dataset.source,
    model: { ...plan.model.shape, n_params },
    plugins: provenanceOf(chosen, loaded.baseDir),
  };
}

interface Origin {
  readonly startedAt: number;
  readonly name: string;
  readonly fork: Run["fork"] | undefined;
  readonly sweep: Run["sweep"] | undefined;
  readonly resumedFrom: number | undefined;
}

function runOf({ open, observing }: Parts, dir: RunDir, origin: Origin): Run {
  const { startedAt, name, fork, sweep, resumedFrom } = origin;
  const { config, chosen, plan } = open;
  const { shape, parameters } = plan.model;
  const { train } = config;
  const { metrics, charts } = declared(chosen.analyzer);
  const batchSize = train.batch_size * train.accumulate;
  return Object.freeze({
    id: dir.id,
    name,
    dir: dir.path,
    seed: config.seed,
    config: withoutSecrets(config),
    model: shape,
    layers: Array.from({ length: shape.n_layers }, (_, layer) => plan.model.layer(layer)),
    held: Object.keys(parameters).filter((parameter) => isHeld(train.hold, parameter)),
    batchSize,
    tokensPerStep: batchSize * config.model.n_ctx,
    steps: lastStep(train),
    warmupSteps: train.warmup_steps,
    startedAt,
    ...(observing && {
      observed: observing.observed,
      batchSize: observing.sequences,
      tokensPerStep: observing.tokensPerStep,
      steps: observing.steps,
      warmupSteps: 0,
    }),
    ...(resumedFrom === undefined ? {} : { resumedFrom }),
    ...(fork === undefined ? {} : { fork }),
    ...(sweep === undefined ? {} : { sweep }),
    ...(open.dataset.vocabulary && { vocabulary: open.dataset.vocabulary }),
    metrics: [...(observing?.metrics ?? trainerMetrics), ...metrics],
    charts,
  });
}

function entryOf(run: Run, dir: RunDir, file: RunFile, attempt: Attempt, abandon: () => void): RunEntry {
  let current = file;
  const write = (next: RunFile) => {
    current = sealedRun(next);
    dir.write(current);
  };
  return {
    run,
    check: () => dir.check(),
    begin: () => write(withAttempt(current, { ...attempt, ...surroundings(current.baseDir) })),
    finish: (outcome) => {
      try {
        write(withOutcome(current, outcome));
      } finally {
        dir.release();
      }
    },
    abandon,
  };
}
