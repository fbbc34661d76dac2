/** Held-out loss: the evaluation program of a run, over all of its windows. */
import type { NDArray } from "../arrays/ndarray.ts";
import type { EvalWindows } from "../data/windows.ts";
import type { Engine, State } from "../engine/engine.ts";
import { inTurn } from "../engine/in-turn.ts";
import { evalStep, type StepPlan } from "../step/step.ts";

/** A compiled evaluation. */
export interface Evaluation {
  /** Mean loss of each held-out window, nats per token, in order. */
  losses(state: State): Promise<number[]>;
  dispose(): void;
}

/** Compiles it for as many windows at once as a micro-batch has sequences. */
export async function createEvaluation(engine: Engine, plan: StepPlan, held: EvalWindows): Promise<Evaluation> {
  const together = Math.min(plan.train.batch_size, held.count);
  const { step, signature } = evalStep({ ...plan, windows: together });
  const program = await engine.compile(step, signature, "evaluation", plan.sameAs && `evaluation ${plan.sameAs}`);
  return {
    losses: async (state) => {
      const begins = Array.from({ length: Math.ceil(held.count / together) }, (_, i) => i * together);
      const losses = await inTurn(engine, begins, async (begin) => {
        const first = Math.min(begin, held.count - together); // the last batch overlaps when windows are left over
        const outputs = await program.run(state, {
          tokens: rowsOf(held.tokens, first, together),
          targets: rowsOf(held.targets, first, together),
        });
        return Array.from(outputs.losses!.data.subarray(begin - first));
      });
      return losses.flat();
    },
    dispose: () => program.dispose(),
  };
}

/** Rows `first` to `first + count` of `[batch pos]`, without a copy. */
export function rowsOf({ shape, data }: NDArray<Int32Array>, first: number, count: number): NDArray<Int32Array> {
  const width = shape[1] ?? 0;
  return { shape: [count, width], data: data.subarray(first * width, (first + count) * width) };
}
