import type { NDArray } from "../../core/arrays/ndarray.ts";
import { createRandom } from "../../core/arrays/random.ts";
import type { ConfigInput } from "../../core/config/schema.ts";
import type { Engine } from "../../core/engine/engine.ts";
import { initialState, type StepPlan, type StepProbe, scalarInputs, trainStep } from "../../core/step/step.ts";
import { planWith } from "../../testing/plan.ts";

type Changes = Pick<ConfigInput, "model" | "train">;

/** A plan that any engine steps through in a few milliseconds. */
export function tinyPlan({ model, train }: Changes = {}): StepPlan {
  const given = {
    model: { n_layers: 2, d_model: 8, n_heads: 2, d_mlp: 16, n_ctx: 6, init_scale: 5, ...model },
    train: { steps: 20, warmup_steps: 2, batch_size: 4, lr: 1e-2, ...train },
  };
  return planWith(given, 13);
}

/** Seeded tokens and targets for one step of the plan. */
export function tinyBatch({ model, train }: StepPlan, seed = 1): Record<"tokens" | "targets", NDArray> {
  const random = createRandom(seed, "batch");
  const shape = [train.accumulate * train.batch_size, model.shape.n_ctx];
  const ids = () => ({
    shape,
    data: new Int32Array(shape[0]! * shape[1]!).map(() => random.integer(model.shape.d_vocab)),
  });
  return { tokens: ids(), targets: ids() };
}

/** Trains for some steps from seed 1 and gives every step's outputs and the state after the last. */
export async function trainTiny(engine: Engine, plan: StepPlan, steps: number, probes: readonly StepProbe[] = []) {
  const { step, signature } = trainStep({ ...plan, probes });
  const program = await engine.compile(step, signature, "train");
  const state = await engine.upload(initialState(plan, createRandom(1, "weights")));
  const outputs: Readonly<Record<string, NDArray>>[] = [];
  for (let i = 1; i <= steps; i++) {
    outputs.push(await program.run(state, { ...tinyBatch(plan, i), ...scalarInputs(plan, i) }));
  }
  const after = await engine.download(state);
  engine.release(state);
  program.dispose();
  return { outputs, after };
}
