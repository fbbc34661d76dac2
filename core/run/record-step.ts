/** What one step leaves behind: its row, its events, and now and then a checkpoint. */
import { basename } from "node:path";
import { saveCheckpoint } from "../checkpoint/checkpoint.ts";
import { pruneCheckpoints } from "../checkpoint/folder.ts";
import type { Moment } from "../contract/run.ts";
import type { Row, RunEvent } from "../contract/sink.ts";
import { bitsPerByte } from "../data/bytes-per-token.ts";
import { divergedState } from "../errors/errors.ts";
import { analyzeStep, callHook, saveAnalyzers } from "../host/analyzers.ts";
import type { EvalResult } from "../step/evaluation.ts";
import type { StepReport } from "./observer.ts";
import type { Session } from "./open.ts";
import type { StepOutputs } from "./programs.ts";
import { stepLine } from "./step-line.ts";

/** A step that the engine has finished. */
export interface FinishedStep extends StepOutputs {
  readonly step: number;
  readonly lr: number;
  readonly stepMs: number;
  readonly evaluated?: EvalResult;
  /** Readings of the frozen probes that looked, by analyzer. */
  readonly frozen?: StepOutputs["readings"];
}

/** Runs hooks and analyzers, then hands the step's row and events to every sink. */
export async function recordStep(session: Session, done: FinishedStep): Promise<Moment> {
  const { analyzers, run } = session;
  const { step, loss, evaluated } = done;
  const at: Moment = { step, tokens: step * run.tokensPerStep, time: session.clock() };
  await callHook(analyzers, "onStep", step, { ...at, loss, gradNorm: done.grad_norm });
  if (evaluated) await callHook(analyzers, "onEval", step, { ...at, loss: evaluated.loss });
  const recorded = await analyzeStep(analyzers, done.readings, at, run.model.n_layers, done.frozen);
  const metrics = { ...trainerValues(session, done), ...recorded.metrics };
  await writeRow(session, { seq: step - 1, ...at, metrics, arrays: recorded.arrays });
  for (const event of recorded.events) await writeEvent(session, event);
  session.step = step;
  if (Number.isFinite(loss)) session.lastLoss = loss;
  return at;
}

function trainerValues(session: Session, done: FinishedStep): Record<string, number> {
  const { heldBytesPerToken, run } = session;
  const { evaluated, bytesPerToken } = done;
  return {
    "train/loss": done.loss,
    ...(bytesPerToken && { "train/bits_per_byte": bitsPerByte(done.loss, bytesPerToken) }),
    "train/lr": done.lr,
    "train/grad_norm": done.grad_norm,
    ...(evaluated && { "eval/loss": evaluated.loss, "eval/loss_se": evaluated.standardError }),
    ...(evaluated && heldBytesPerToken && { "eval/bits_per_byte": bitsPerByte(evaluated.loss, heldBytesPerToken) }),
    "perf/step_ms": done.stepMs,
    "perf/tokens_per_second": (run.tokensPerStep / done.stepMs) * 1000,
  };
}

async function writeRow(session: Session, row: Row): Promise<void> {
  Object.assign(session.lastValues, row.metrics);
  for (const sink of session.sinks) await sink.write(row);
}

export async function writeEvent(session: Session, event: RunEvent): Promise<void> {
  for (const sink of session.sinks) await sink.event(event);
}

/** Puts one step in twenty, and every evaluation, in the console log of sinks that keep one. */
export function printStep(session: Session, report: StepReport): void {
  const due = report.step % Math.max(1, Math.ceil(report.steps / 20)) === 0 || report.step === report.steps;
  if (!due && report.evalLoss === undefined) return;
  const text = stepLine(report, report.evalLoss);
  for (const sink of session.sinks) sink.output({ stream: "stdout", time: session.clock(), text });
}

/** Saves everything that the next step depends on, and lets old checkpoints go; returns the new one's path. */
export async function saveSession(session: Session, at: Moment): Promise<string> {
  const state = await session.engine.download(session.state);
  const spoilt = Object.keys(state).find((entry) => !state[entry]?.data.every(Number.isFinite));
  if (spoilt !== undefined) throw divergedState(at.step, spoilt, session.lastLoss, session.lastCheckpoint);
  const path = await saveCheckpoint(session.run.dir, {
    step: at.step,
    tokens: at.tokens,
    seq: at.step,
    state,
    analyzers: saveAnalyzers(session.analyzers, at.step),
    cursor: session.sampler.cursor(),
    config: session.run.config,
  });
  session.lastCheckpoint = basename(path);
  pruneCheckpoints(session.run.dir, session.config.checkpoint);
  await callHook(session.analyzers, "onCheckpoint", at.step, { ...at, path });
  return path;
}
