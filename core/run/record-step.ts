/** What one step leaves behind: its row, its events, and now and then a checkpoint. */
import { basename } from "node:path";
import type { Arrays, TypedArray } from "../arrays/ndarray.ts";
import { saveCheckpoint } from "../checkpoint/checkpoint.ts";
import { pruneCheckpoints } from "../checkpoint/folder.ts";
import type { StepMoment } from "../contract/analyzer.ts";
import type { Moment } from "../contract/run.ts";
import type { Row, RunEvent } from "../contract/sink.ts";
import { bitsPerByte, bytesPerToken } from "../data/bytes-per-token.ts";
import type { Cursor } from "../data/sampler.ts";
import { divergedState } from "../errors/errors.ts";
import { analyzeStep, callHook, saveAnalyzers } from "../host/analyzers.ts";
import type { Change } from "../record/format.ts";
import type { EvalResult } from "../step/evaluation.ts";
import type { ReadingsByName } from "./looks.ts";
import type { StepReport } from "./observer.ts";
import { momentOf } from "./progress.ts";
import { changesLine } from "./same-means.ts";
import { stepLine } from "./step-line.ts";
import type { StepOutputs } from "./train-steps.ts";
import type { Training } from "./training.ts";

/** A step that the engine has finished. */
export interface FinishedStep extends StepOutputs {
  readonly step: number;
  readonly lr: number;
  readonly stepMs: number;
  readonly evaluated?: EvalResult;
  /** Readings of the frozen probes that looked, by analyzer. */
  readonly frozen?: ReadingsByName;
}

/** Runs hooks and analyzers, then hands the step's row and events to every sink. */
export async function recordStep(training: Training, done: FinishedStep): Promise<Moment> {
  const { analyzers, run, progress } = training;
  const { step, loss, evaluated } = done;
  const at = momentOf(run, step, training.clock());
  const stepped = { ...at, lr: done.lr, ...updateOf(training, done) };
  await callHook(analyzers, "onStep", step, { ...stepped, loss, gradNorm: done.grad_norm });
  if (evaluated) await callHook(analyzers, "onEval", step, { ...at, loss: evaluated.loss });
  const recorded = await analyzeStep(analyzers, done.readings, stepped, run.model.n_layers, done.frozen);
  training.entry.check();
  const metrics = Object.assign(trainerValues(training, done), recorded.metrics); // hundreds: a spread would copy them twice
  await writeRow(training, { seq: step - 1, ...at, metrics, arrays: recorded.arrays });
  for (const event of recorded.events) await writeEvent(training, event);
  progress.step = step;
  if (Number.isFinite(loss)) progress.lastLoss = loss;
  return at;
}

/** Whether a step's update was applied, and how much of a matrix weight decay left. */
function updateOf({ open }: Training, { lr, grad_norm }: FinishedStep): Pick<StepMoment, "applied" | "shrink"> {
  const { train, optimizer } = open.plan;
  const applied = !(train.skip_above > 0 && grad_norm > train.skip_above);
  return { applied, shrink: applied ? (optimizer.shrink?.(lr, [1, 1]) ?? 1) : 1 };
}

function trainerValues({ open, run }: Training, done: FinishedStep): Record<string, number> {
  const { evaluated } = done;
  const heldBytes = evaluated && bytesPerToken(open.held.targets, open.dataset.tokenizer);
  return {
    "train/loss": done.loss,
    ...(done.bytesPerToken && { "train/bits_per_byte": bitsPerByte(done.loss, done.bytesPerToken) }),
    "train/lr": done.lr,
    "train/grad_norm": done.grad_norm,
    ...(evaluated && { "eval/loss": evaluated.loss, "eval/loss_se": evaluated.standardError }),
    ...(evaluated && heldBytes && { "eval/bits_per_byte": bitsPerByte(evaluated.loss, heldBytes) }),
    "perf/step_ms": done.stepMs,
    "perf/tokens_per_second": (run.tokensPerStep / done.stepMs) * 1000,
  };
}

async function writeRow({ progress, sinks }: Training, row: Row): Promise<void> {
  Object.assign(progress.latest, row.metrics);
  for (const sink of sinks) await sink.write(row);
}

export async function writeEvent({ sinks }: Pick<Training, "sinks">, event: RunEvent): Promise<void> {
  for (const sink of sinks) await sink.event(event);
}

/** Says that a run goes on from the step of `at`, and with what that it did not have before. */
export async function writeResume(
  { sinks, notices }: Pick<Training, "sinks" | "notices">,
  at: Moment,
  changed: readonly Change[],
): Promise<void> {
  await writeEvent({ sinks }, { ...at, source: "run", kind: "resume", data: { step: at.step } });
  if (changed.length === 0) return;
  await writeEvent({ sinks }, { ...at, source: "run", kind: "environment-change", data: { changes: changed } });
  notices.warn(`not as on record: ${changesLine(changed)}. Its numbers may differ from here on.`);
}

/** Puts one step in twenty, and every evaluation, in the console log of sinks that keep one. */
export function printStep({ sinks, clock }: Training, report: StepReport): void {
  const due = report.step % Math.max(1, Math.ceil(report.steps / 20)) === 0 || report.step === report.steps;
  if (!due && report.evalLoss === undefined) return;
  const text = stepLine(report, report.evalLoss);
  for (const sink of sinks) sink.output({ stream: "stdout", time: clock(), text });
}

/** What a checkpoint takes of training after a step that later steps change: the engine may go on once this is had. */
export interface Standstill {
  readonly state: Arrays;
  readonly cursor: Cursor;
}

/** The state after the last step that was asked for, and where the data goes on. */
export async function standstill({ open, state, sampler }: Training): Promise<Standstill> {
  return { cursor: sampler.cursor(), state: await open.engine.download(state) };
}

/** Saves everything that the next step depends on, and lets old checkpoints go; returns the new one's path. */
export async function saveTraining(training: Training, at: Moment, { state, cursor }: Standstill): Promise<string> {
  const { open, run, analyzers, progress } = training;
  training.entry.check();
  const spoilt = Object.keys(state).find((entry) => !allFinite(state[entry]!.data));
  if (spoilt !== undefined) throw divergedState(at.step, spoilt, progress.lastLoss, progress.lastCheckpoint);
  const path = await saveCheckpoint(run.dir, {
    step: at.step,
    tokens: at.tokens,
    seq: at.step,
    state,
    analyzers: saveAnalyzers(analyzers, at.step),
    cursor,
    config: run.config,
  });
  progress.lastCheckpoint = basename(path);
  pruneCheckpoints(run.dir, { ...open.config.checkpoint, saved: path });
  await callHook(analyzers, "onCheckpoint", at.step, { ...at, path });
  return path;
}

/** `x - x` is 0 for a finite number and NaN for any other: many times as fast as asking one by one. */
function allFinite(values: TypedArray): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! - values[i]!;
  return sum === 0;
}
