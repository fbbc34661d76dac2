/** A model small enough to train in a test, and batches for it. */
import { expect } from "chai";
import type { NDArray } from "../../../../core/arrays/ndarray.ts";
import { createRandom } from "../../../../core/arrays/random.ts";
import type { Engine, Program, State } from "../../../../core/engine/engine.ts";
import type { StepProbe } from "../../../../core/step/probe.ts";
import { initialState, type StepPlan, scalarInputs, trainStep } from "../../../../core/step/step.ts";
import { planWith } from "../../../../testing/plan.ts";

/** What differs from a config's defaults. */
export const settings = {
  model: { n_layers: 2, d_model: 16, n_heads: 2, d_mlp: 64, n_ctx: 8, init_scale: 2 },
  train: { steps: 40, batch_size: 4, lr: 1e-2, warmup_steps: 2 },
};

export const plan: StepPlan = planWith(settings, 32);

/** A bias of the keys has no gradient but rounding errors, and Adam makes steps of size lr from those: eps keeps them small. */
export const smooth: StepPlan = planWith({ ...settings, train: { ...settings.train, eps: 1e-3 } }, 32);

/** Per-token counts, unions over the batch and the raw activations: one output computed, one reused, one shared with training. */
export const maskProbe: StepProbe = {
  name: "masks",
  sites: ["mlp_pre", "mlp_post"],
  probe: ({ mlp_pre, mlp_post }, { tf }) => ({
    use: mlp_post.map((h) => tf.sum(tf.cast(tf.greater(h, 0), "int32"), -1)),
    union: mlp_post.map((h) => tf.any(tf.greater(h, 0), 1)),
    pre: mlp_pre,
    largest: mlp_post.map((h) => tf.max(h)),
  }),
};

export interface Trained {
  readonly losses: readonly number[];
  readonly outputs: Readonly<Record<string, NDArray>>;
  readonly state: Readonly<Record<string, NDArray>>;
}

/** Inputs of step `step`, the first being 1; the same on every call. */
export function batch(of: StepPlan, step: number): Record<string, NDArray> {
  const random = createRandom(step, "batch");
  const shape = [of.train.accumulate * of.train.batch_size, of.model.shape.n_ctx];
  const ids = () =>
    Int32Array.from({ length: shape[0]! * shape[1]! }, () => random.integer(of.model.shape.d_vocab / 2));
  return { tokens: { shape, data: ids() }, targets: { shape, data: ids() }, ...scalarInputs(of, step) };
}

/** Trains from the same start for `steps` steps. */
export async function trained(
  engine: Engine,
  steps: number,
  probes: readonly StepProbe[] = [],
  of: StepPlan = plan,
): Promise<Trained> {
  const { step, signature } = trainStep({ ...of, probes });
  const program: Program = await engine.compile(step, signature, "train");
  const state: State = await engine.upload(initialState(of, createRandom(1, "init")));
  const losses: number[] = [];
  let outputs: Readonly<Record<string, NDArray>> = {};
  for (let at = 1; at <= steps; at++) {
    outputs = await program.run(state, batch(of, at));
    losses.push(outputs.loss!.data[0]!);
  }
  const result = { losses, outputs, state: await engine.download(state) };
  engine.release(state);
  program.dispose();
  return result;
}

/** The largest difference between two arrays over the largest magnitude in the second. */
export function relativeError(got: NDArray, want: NDArray): number {
  let [difference, magnitude] = [0, 0];
  for (const [i, value] of want.data.entries()) {
    difference = Math.max(difference, Math.abs(value - got.data[i]!));
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return difference / Math.max(magnitude, 1e-12);
}

/** Asserts that two trainings came to the same, readings included, to `tolerance`. */
export function expectNear(got: Trained, want: Trained, tolerance: number): void {
  for (const [step, loss] of want.losses.entries()) expect(got.losses[step]).closeTo(loss, tolerance * loss);
  expect(got.outputs).to.have.all.keys(Object.keys(want.outputs));
  for (const [name, array] of Object.entries(want.outputs)) {
    expect(got.outputs[name]!.shape, name).to.deep.equal(array.shape);
    expect(got.outputs[name]!.data.constructor, name).to.equal(array.data.constructor);
    if (!name.includes("masks/u")) expect(relativeError(got.outputs[name]!, array), name).below(tolerance);
  }
  for (const [name, array] of Object.entries(want.state)) {
    expect(relativeError(got.state[name]!, array), name).below(tolerance);
  }
}
