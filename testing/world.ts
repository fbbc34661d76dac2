/** A model small enough to train in milliseconds, for checking plugins without a corpus or a run directory. */

import type { Arrays, NDArray } from "../core/arrays/ndarray.ts";
import { createRandom } from "../core/arrays/random.ts";
import { type Config, configSchema } from "../core/config/schema.ts";
import type { Run } from "../core/contract/run.ts";
import type { RunEvent } from "../core/contract/sink.ts";
import type { Sampler } from "../core/data/sampler.ts";
import { createEngine } from "../core/engine/choose.ts";
import type { Engine, EngineName } from "../core/engine/engine.ts";
import { quietTensorflow } from "../core/engine/quiet.ts";
import { type ActiveAnalyzer, analyzeStep } from "../core/host/analyzers.ts";
import { createLooks } from "../core/run/looks.ts";
import { momentOf } from "../core/run/progress.ts";
import { createTrainSteps, type StepOutputs } from "../core/run/train-steps.ts";
import { initialState } from "../core/step/step.ts";
import { defaultPlan } from "./plan.ts";

export const steps = 8;
const d_vocab = 23;

/** Everything about the tiny run that its seed decides. */
export function tinyRun(seed: number, dir = "/nowhere"): { readonly config: Config; readonly run: Run } {
  const config = configSchema.parse({
    seed,
    model: { n_layers: 2, d_model: 16, n_heads: 2, d_mlp: 24, n_ctx: 8 },
    train: { steps, warmup_steps: 2, batch_size: 4, lr: 1e-2 },
  });
  const { model } = defaultPlan(config, d_vocab);
  const { n_ctx, n_layers } = model.shape;
  const run: Run = Object.freeze({
    id: "20260101-000000-test",
    name: "check",
    dir,
    seed,
    config,
    model: model.shape,
    layers: Array.from({ length: n_layers }, (_, layer) => model.layer(layer)),
    held: [],
    batchSize: 4,
    tokensPerStep: 4 * n_ctx,
    steps,
    warmupSteps: 2,
    startedAt: 0,
    metrics: [],
    charts: [],
  });
  return { config, run };
}

/** What one step of a course gave. */
export interface Looked {
  readonly step: number;
  readonly outputs: StepOutputs;
  readonly frozen: StepOutputs["readings"];
  readonly metrics: Readonly<Record<string, number>>;
  readonly arrays: Arrays;
  readonly events: readonly RunEvent[];
}

interface Course {
  readonly until?: number;
  /** Micro-batches that make the batch. */
  readonly accumulate?: number;
  readonly each?: (looked: Looked) => Promise<void>;
}

/** Trains the tiny model with one analyzer looking on, or none; `each` is called after every step. */
export async function course(
  engine: Engine,
  seed: number,
  analyzers: readonly ActiveAnalyzer[],
  { until = steps, accumulate = 1, each = async () => {} }: Course = {},
): Promise<{ readonly looked: readonly Looked[]; readonly state: Arrays }> {
  const { config, run } = tinyRun(seed);
  const sampler = randomSampler(seed, config.model.n_ctx);
  const held = { ...sampler.next(4), count: 4, available: 4, documents: Int32Array.of(0, 1, 2, 3) };
  const whole = defaultPlan(config, d_vocab);
  const plan = {
    ...whole,
    train: { ...whole.train, batch_size: whole.train.batch_size / accumulate, accumulate },
  };
  const programs = await createTrainSteps(engine, plan, analyzers, steps);
  const looks = await createLooks(engine, plan, analyzers, held, steps);
  const state = await engine.upload(initialState(plan, createRandom(seed, "weights")));
  const looked: Looked[] = [];
  for (let step = 1; step <= until; step++) {
    const outputs = await (await programs.begin(state, sampler, step)).outputs;
    const frozen = looks.due(step) ? await looks.look(state, step) : new Map();
    const at = { ...momentOf(run, step, step), lr: plan.rate(step), applied: true, shrink: 1 };
    const recorded = await analyzeStep(analyzers, outputs.readings, at, config.model.n_layers, frozen);
    looked.push({ step, outputs, frozen, ...recorded });
    await each(looked.at(-1)!);
  }
  const after = await engine.download(state);
  engine.release(state);
  programs.dispose();
  looks.dispose();
  return { looked, state: after };
}

/** Batches by lot: as good as text to a probe. */
function randomSampler(seed: number, n_ctx: number): Sampler {
  const random = createRandom(seed, "batches");
  const ids = (rows: number): NDArray<Int32Array> => {
    return { shape: [rows, n_ctx], data: new Int32Array(rows * n_ctx).map(() => random.integer(d_vocab)) };
  };
  return {
    windows: Number.MAX_SAFE_INTEGER,
    next: (rows) => ({ tokens: ids(rows), targets: ids(rows) }),
    cursor: () => ({ epoch: 0, position: 0 }),
    restore: () => {},
  };
}

/** An engine for checks; `undefined` where it cannot be had. */
export async function engineFor(name: EngineName): Promise<Engine | undefined> {
  quietTensorflow();
  return createEngine({ name, threads: 1 }).catch(() => undefined);
}
