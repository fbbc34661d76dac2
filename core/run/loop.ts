/**
 * The training loop. The steps after step k, as many as the engine takes ahead, run on it while step k is analysed and
 * written, unless a checkpoint or an evaluation stands between them; results and their order are the same either way.
 */
import { diverged, stepFailed } from "../errors/errors.ts";
import { callHook } from "../host/analyzers.ts";
import { summariseWindows } from "../step/evaluation.ts";
import type { Observer } from "./observer.ts";
import { createPace } from "./pace.ts";
import { printStep, recordStep, saveTraining } from "./record-step.ts";
import type { StepOutputs } from "./train-steps.ts";
import type { Training } from "./training.ts";

/** A step that has been handed to the engine. */
interface Running {
  readonly step: number;
  readonly outputs: Promise<StepOutputs>;
}

/**
 * Trains from the step that is on record to the last one, or until `signal` asks for a stop. A stop ends with a checkpoint; a loss that is not finite throws `train.diverged` and saves none.
 */
export async function trainSteps(training: Training, signal: AbortSignal, observer: Observer): Promise<void> {
  const { run, open, steps, looks, state, sampler, analyzers, progress } = training;
  const { config, plan } = open;
  const evaluation = await open.evaluation();
  const pace = createPace(run.tokensPerStep);
  const start = (step: number): Running => {
    const outputs = steps.run(state, sampler, step).catch((thrown: unknown) => {
      throw stepFailed(step, thrown);
    });
    outputs.catch(() => {}); // it may fail while the step before is still being recorded
    return { step, outputs };
  };
  await callHook(analyzers, "onRunStart", progress.step, run);

  const most = open.engine.stepsAhead ?? 1;
  const ahead: Running[] = [];
  let started = progress.step;
  /** Whether the state that a step leaves behind is looked at before any other step changes it. */
  const holds = (step: number) => isDue(config.eval.every, step) || savesAt(config.checkpoint, step) || looks.due(step);
  /** Asks for steps, up to one whose state is to be looked at. */
  const fill = () => {
    while (ahead.length < most && started < run.steps) {
      const before = ahead.at(-1);
      if (before !== undefined && holds(before.step)) return;
      ahead.push(start(++started));
    }
  };

  fill();
  try {
    for (let running = ahead[0]; running !== undefined; running = ahead[0]) {
      const { step, outputs } = running;
      const done = await outputs;
      ahead.shift();
      const stepMs = pace.mark();
      await turn();

      const finite = Number.isFinite(done.loss) && Number.isFinite(done.grad_norm);
      const stopping = signal.aborted;
      const last = step === run.steps || (stopping && ahead.length === 0) || !finite;
      const evaluates = finite && (step === run.steps || isDue(config.eval.every, step));
      const saves = finite && (last || savesAt(config.checkpoint, step));
      const evaluated = evaluates ? summariseWindows(await evaluation.losses(state), open.held.documents) : undefined;
      const frozen = finite && looks.due(step) ? await looks.look(state, step) : undefined;
      if (evaluated || frozen) pace.skip();
      // A checkpoint holds what analyzers know of this step and the state after it: neither may move on before.
      const alone = last || saves;
      if (!alone && !stopping) fill();

      const lr = plan.rate(step);
      const also = { ...(evaluated && { evaluated }), ...(frozen && { frozen }) };
      const at = await recordStep(training, { ...done, step, lr, stepMs, ...also });
      const evalLoss = evaluated && { evalLoss: evaluated.loss };
      const report = { step, steps: run.steps, loss: done.loss, ...pace.report(run.steps - step), ...evalLoss };
      observer.step?.(report);
      printStep(training, report);
      if (!finite) throw diverged(step, done.loss, done.grad_norm, progress.lastLoss, progress.lastCheckpoint);

      if (saves) {
        const path = await saveTraining(training, at);
        observer.saved?.(path);
      }
      if (alone) pace.skip();
      if (alone && !last) fill();
    }
  } finally {
    for (const { outputs } of ahead) await outputs.catch(() => {});
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
