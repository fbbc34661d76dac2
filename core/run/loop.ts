/**
 * The training loop. Step k+1 runs on the engine while step k is analysed and written, unless a checkpoint stands between
 * the two; results and their order are the same either way.
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

  let ahead = progress.step < run.steps ? start(progress.step + 1) : undefined;
  try {
    while (ahead !== undefined) {
      const { step, outputs }: Running = ahead;
      const done = await outputs;
      ahead = undefined;
      const stepMs = pace.mark();
      await turn();

      const finite = Number.isFinite(done.loss) && Number.isFinite(done.grad_norm);
      const last = step === run.steps || signal.aborted || !finite;
      const evaluates = finite && (step === run.steps || isDue(config.eval.every, step));
      const saves = finite && (last || isDue(config.checkpoint.every, step));
      const evaluated = evaluates ? summariseWindows(await evaluation.losses(state), open.held.documents) : undefined;
      const frozen = finite && looks.due(step) ? await looks.look(state, step) : undefined;
      if (evaluated || frozen) pace.skip();
      // A checkpoint holds what analyzers know of this step and the state after it: neither may move on before.
      const alone = last || saves;
      if (!alone) ahead = start(step + 1);

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
      if (alone && !last) ahead = start(step + 1);
    }
  } finally {
    await ahead?.outputs.catch(() => {});
  }
}

/** Lets signals, timers and sockets have their turn: an engine that computes in this thread leaves them none. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isDue(every: number, step: number): boolean {
  return every > 0 && step % every === 0;
}
