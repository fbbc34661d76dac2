/**
 * The training loop. The steps after step k, as many as the engine takes ahead, run on it while step k is analysed and
 * written, unless a checkpoint or an evaluation stands between them; results and their order are the same either way.
 */
import { diverged, stepFailed } from "../errors/errors.ts";
import { callHook } from "../host/analyzers.ts";
import { learningRate } from "../step/schedule.ts";
import type { Observer } from "./observer.ts";
import type { Session } from "./open.ts";
import { createPace } from "./pace.ts";
import type { StepOutputs } from "./programs.ts";
import { printStep, recordStep, saveSession } from "./record-step.ts";

/** A step that has been handed to the engine. */
interface Running {
  readonly step: number;
  readonly outputs: Promise<StepOutputs>;
}

/**
 * Trains from `session.step` to the last step, or until `signal` asks for a stop, and leaves `session.step` at the last
 * step that is on record. A stop ends with a checkpoint; a loss that is not finite throws `train.diverged` and saves none.
 */
export async function trainSteps(session: Session, signal: AbortSignal, observer: Observer): Promise<void> {
  const { run, config, programs, state, sampler } = session;
  const pace = createPace(run.tokensPerStep);
  const start = (step: number): Running => {
    const outputs = programs.run(state, sampler, step).catch((thrown: unknown) => {
      throw stepFailed(step, thrown);
    });
    outputs.catch(() => {}); // it may fail while the step before is still being recorded
    return { step, outputs };
  };
  await callHook(session.analyzers, "onRunStart", session.step, run);

  const most = session.engine.stepsAhead ?? 1;
  const ahead: Running[] = [];
  let started = session.step;
  /** Whether the state that a step leaves behind is looked at before any other step changes it. */
  const holds = (step: number) =>
    isDue(config.eval.every, step) || isDue(config.checkpoint.every, step) || programs.looksFrozen(step);
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

      const finite = Number.isFinite(done.loss) && Number.isFinite(done.grad_norm);
      const stopping = signal.aborted;
      const last = step === run.steps || (stopping && ahead.length === 0) || !finite;
      const evaluates = finite && (step === run.steps || isDue(config.eval.every, step));
      const saves = finite && (last || isDue(config.checkpoint.every, step));
      const evaluated = evaluates ? await programs.evaluate(state) : undefined;
      const frozen = finite && programs.looksFrozen(step) ? await programs.frozen(state, step) : undefined;
      if (evaluated || frozen) pace.skip();
      // A checkpoint holds what analyzers know of this step and the state after it: neither may move on before.
      const alone = last || saves;
      if (!alone && !stopping) fill();

      const lr = learningRate(config.train, step);
      const also = { ...(evaluated && { evaluated }), ...(frozen && { frozen }) };
      const at = await recordStep(session, { ...done, step, lr, stepMs, ...also });
      const evalLoss = evaluated && { evalLoss: evaluated.loss };
      const report = { step, steps: run.steps, loss: done.loss, ...pace.report(run.steps - step), ...evalLoss };
      observer.step?.(report);
      printStep(session, report);
      if (!finite) throw diverged(step, done.loss, done.grad_norm, session.lastLoss, session.lastCheckpoint);

      if (saves) {
        const path = await saveSession(session, at);
        observer.saved?.(path);
      }
      if (alone) pace.skip();
      if (alone && !last) fill();
    }
  } finally {
    for (const { outputs } of ahead) await outputs.catch(() => {});
  }
}

function isDue(every: number, step: number): boolean {
  return every > 0 && step % every === 0;
}
