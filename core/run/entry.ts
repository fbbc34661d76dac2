/** A run's identity and its entry on disk: the `Run` that plugins see, and run.json from start to outcome. */
import { rmSync } from "node:fs";
import path from "node:path";
import { sizeOf } from "../arrays/ndarray.ts";
import { withoutSecrets } from "../config/secrets.ts";
import type { Outcome, Run } from "../contract/run.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Engine } from "../engine/engine.ts";
import { trainerMetrics } from "../host/metrics.ts";
import { type ChosenPlugins, declared } from "../host/resolve.ts";
import { parameterSpecs } from "../model/transformer.ts";
import { versions } from "../modules/version.ts";
import { formatVersion, type RunFile } from "../record/format.ts";
import { createRunDir, openRunDir, type RunDir } from "../record/run-dir.ts";
import { withAttempt, withOutcome } from "../record/run-file.ts";
import { lastStep } from "../step/schedule.ts";
import type { SessionRequest } from "./open.ts";

/** A run directory that this process holds, with its run.json. */
export interface RecordedRun {
  readonly run: Run;
  /** Writes run.json: from here on the run exists for others. */
  begin(): void;
  /** Puts the outcome on record and frees the directory. */
  finish(outcome: Outcome): void;
  /** Undoes a start that came to nothing: a new directory is removed, an old one is left as it was. */
  abandon(): void;
}

interface Parts {
  readonly request: SessionRequest;
  readonly chosen: ChosenPlugins;
  readonly dataset: Dataset;
  readonly engine: Engine;
  /** The step that a resumed run goes on from. */
  readonly fromStep: number;
}

/** Makes the run directory, or takes over that of a resumed run, and holds its lock. Throws `run.inUse`, `run.io`. */
export function recordRun(parts: Parts): RecordedRun {
  const { request, fromStep } = parts;
  const { resume, loaded, clock = Date.now } = request;
  const now = clock();
  if (resume) {
    const { dir, run: file } = openRunDir(resume.dir, { now });
    const run = runOf(parts, dir, {
      startedAt: file.createdAt,
      name: file.name,
      fork: file.fork,
      resumedFrom: fromStep,
    });
    return recorded(run, dir, { ...file, ...described(parts) }, now, fromStep, () => dir.release());
  }
  const dir = createRunDir(path.resolve(loaded.baseDir, loaded.config.runs), { now });
  const name = loaded.config.name ?? dir.id;
  const run = runOf(parts, dir, { startedAt: now, name, fork: request.fork?.of, resumedFrom: undefined });
  const file: RunFile = {
    format: formatVersion,
    id: dir.id,
    name,
    createdAt: now,
    config: run.config,
    sources: loaded.sources,
    baseDir: loaded.baseDir,
    seed: run.seed,
    batchSize: run.batchSize,
    tokensPerStep: run.tokensPerStep,
    steps: run.steps,
    warmupSteps: run.warmupSteps,
    metrics: run.metrics,
    attempts: [],
    ...(request.fork && { fork: request.fork.of }),
    ...described(parts),
  };
  return recorded(run, dir, file, now, fromStep, () => {
    dir.release();
    rmSync(dir.path, { recursive: true, force: true });
  });
}

/** What may differ between the processes of one run, and what only the data tells. */
function described({ request, dataset, engine }: Parts): Pick<RunFile, "versions" | "engine" | "corpus" | "model"> {
  const { model } = request.loaded.config;
  const specs = Object.values(parameterSpecs(model, dataset.d_vocab));
  const n_params = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    versions: versions(),
    engine: { name: engine.name, device: engine.device },
    corpus: dataset.source,
    model: { ...shapeOf(request, dataset), n_params },
  };
}

function shapeOf({ loaded }: SessionRequest, { d_vocab }: Dataset): Run["model"] {
  const { n_layers, d_model, n_heads, d_mlp, n_ctx } = loaded.config.model;
  return { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab };
}

interface Origin {
  readonly startedAt: number;
  readonly name: string;
  readonly fork: Run["fork"] | undefined;
  readonly resumedFrom: number | undefined;
}

function runOf({ request, chosen, dataset }: Parts, dir: RunDir, origin: Origin): Run {
  const { startedAt, name, fork, resumedFrom } = origin;
  const { config } = request.loaded;
  const { train } = config;
  const { metrics, charts } = declared(chosen.analyzers);
  const batchSize = train.batch_size * train.accumulate;
  return Object.freeze({
    id: dir.id,
    name,
    dir: dir.path,
    seed: config.seed,
    config: withoutSecrets(config),
    model: shapeOf(request, dataset),
    batchSize,
    tokensPerStep: batchSize * config.model.n_ctx,
    steps: lastStep(train),
    warmupSteps: train.warmup_steps,
    startedAt,
    ...(resumedFrom === undefined ? {} : { resumedFrom }),
    ...(fork === undefined ? {} : { fork }),
    metrics: [...trainerMetrics, ...metrics],
    charts,
  });
}

function recorded(
  run: Run,
  dir: RunDir,
  file: RunFile,
  startedAt: number,
  fromStep: number,
  abandon: () => void,
): RecordedRun {
  let current = file;
  const write = (next: RunFile) => {
    current = next;
    dir.write(next);
  };
  return {
    run,
    begin: () => write(withAttempt(current, { startedAt, fromStep })),
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
