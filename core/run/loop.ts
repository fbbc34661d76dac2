/**
 * The training loop. The steps after step k, as many as the engine takes ahead, run on it while step k is analysed and
 * written; results and their order are the same either way. Where step k leaves a checkpoint, they wait until its state is on the host.
 */
import { diverged, stepFailed } from "../errors/errors.ts";
import { callHook } from "../host/analyzers.ts";
import { summariseWindows } from "../step/evaluation.ts";
import type { ReadingsByName } from "./looks.ts";
import type { Observer } from "./observer.ts";
import { createPace } from "./pace.ts";
import { printStep, recordStep, saveTraining, standstill } from "./record-step.ts";
import type { StepOutputs } from "./train-steps.ts";
import type { Training } from "./training.ts";

/** A step that has been handed to the engine, and what looks at the state that it leaves, before any other step changes that. */
interface Running {
  readonly outputs: Promise<StepOutputs & { readonly endedAt: number }>;
  readonly frozen: Promise<ReadingsByName> | undefined;
  readonly losses: Promise<number[]> | undefined;
}

/** So much of the device's work is asked for ahead, ms: enough that it never waits for analysis, and soon done when a run is stopped. */
const aheadMs = 1000;

/**
 * Trains from the step that is on record to the last one, or until `signal` asks for a stop. A stop ends with a checkpoint; a loss that is not finite throws `train.diverged` and saves none.
 */
export async function trainSteps(training: Training, signal: AbortSignal, observer: Observer): Promise<void> {
  const { run, open, steps, looks, state, sampler, analyzers, progress } = training;
  const { config, plan } = open;
  const evaluation = await open.evaluation();
  const pace = createPace(run.tokensPerStep);
  const most = open.engine.stepsAhead ?? 1;

  const begin = async (step: number): Promise<Running> => {
    const begun = await steps.begin(state, sampler, step);
    const outputs = begun.outputs.then(
      (done) => ({ ...done, endedAt: performance.now() }),
      (thrown: unknown) => {
        throw stepFailed(step, thrown);
      },
    );
    if (most === 1) await outputs;
    const frozen = looks.due(step) ? looks.look(state, step) : undefined;
    if (most === 1) await frozen;
    const losses = evaluates(step) ? evaluation.losses(state) : undefined;
    if (most === 1) await losses;
    // Any of them may fail while a step before is still being recorded.
    for (const one of [outputs, frozen, losses]) one?.catch(() => {});
    return { outputs, frozen, losses };
  };
  await callHook(analyzers, "onRunStart", progress.step, run);

  const evaluates = (step: number) => step === run.steps || isDue(config.eval.every, step);
  const ahead: { readonly step: number; readonly running: Promise<Running> }[] = [];
  let started = progress.step;
  let latest: Promise<unknown> = Promise.resolve();
  const start = (step: number) => {
    const running = latest.then(() => begin(step)); // after a step that failed there is none
    latest = running;
    running.catch(() => {});
    ahead.push({ step, running });
  };
  /** Asks for steps, up to one that leaves a checkpoint: its state is looked at before any other step changes it. */
  const fill = () => {
    const wanted = Math.min(most, pace.typicalMs() === 0 ? 2 : Math.ceil(aheadMs / pace.typicalMs()));
    while (ahead.length < wanted && started < run.steps) {
      const before = ahead.at(-1);
      if (before !== undefined && savesAt(config.checkpoint, before.step)) return;
      start(++started);
    }
  };

  fill();
  try {
    for (let next = ahead[0]; next !== undefined; next = ahead[0]) {
      const { step } = next;
      const running = await next.running;
      const { endedAt, ...done } = await running.outputs;
      const stepMs = pace.mark(endedAt, ahead.length);
      ahead.shift();
      await turn();

      const finite = Number.isFinite(done.loss) && Number.isFinite(done.grad_norm);
      const stopping = signal.aborted;
      const last = step === run.steps || (stopping && ahead.length === 0) || !finite;
      const saves = finite && (last || savesAt(config.checkpoint, step));
      const losses = finite ? await running.losses : undefined;
      const evaluated = losses && summariseWindows(losses, open.held.documents);
      const frozen = finite ? await running.frozen : undefined;
      const still = saves ? await standstill(training) : undefined;
      if (evaluated || frozen || still) pace.skip();
      // An engine that computes in this thread would do so before anything is written.
      const waits = last || (saves && most === 1);
      if (!waits && !stopping) fill();

      const lr = plan.rate(step);
      const also = { ...(evaluated && { evaluated }), ...(frozen && { frozen }) };
      const at = await recordStep(training, { ...done, step, lr, stepMs, ...also });
      const evalLoss = evaluated && { evalLoss: evaluated.loss };
      const report = { step, steps: run.steps, loss: done.loss, ...pace.report(run.steps - step), ...evalLoss };
      observer.step?.(report);
      printStep(training, report);
      if (!finite) throw diverged(step, done.loss, done.grad_norm, progress.lastLoss, progress.lastCheckpoint);

      if (still) {
        const path = await saveTraining(training, at, still);
        observer.saved?.(path);
      }
      if (waits) pace.skip();
      if (waits && !last) fill();
    }
  } finally {
    for (const { running } of ahead) {
      const begun = await running.catch(() => undefined);
      await Promise.allSettled([begun?.outputs, begun?.frozen, begun?.losses]);
    }
  }
}

/** Lets signals, timers and sockets have their turn: an engine that computes in this thread leaves them none. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isDue(every: number, step: number): boolean {
  return every > 0 && step % every === 0;
}

function savesAt({ every, at }: { readonly every: number; readonly at: readonly number[] }, step: number): boolean {
  return isDue(every, step) || at.includes(step);
}
