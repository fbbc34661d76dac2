/** The train and evaluation steps: pure functions of state and inputs that any engine can run. */

import type { Tensor } from "@tensorflow/tfjs";
import { type NDArray, sizeOf } from "../arrays/ndarray.ts";
import type { Random } from "../arrays/random.ts";
import type { ModelInstance, Parameters } from "../contract/model.ts";
import type { OptimizerInstance } from "../contract/optimizer.ts";
import type { Signature, Step, TensorSpecs, Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";
import { windowLosses } from "../model/operations.ts";
import { probed, seenOf } from "./batch.ts";
import { clipByGlobalNorm } from "./clip.ts";
import { forward } from "./forward.ts";
import { isHeld } from "./held.ts";
import type { StepProbe } from "./probe.ts";

export { regroup, type StepProbe } from "./probe.ts";

/** What a step is made from. */
export interface StepPlan {
  readonly model: ModelInstance;
  readonly optimizer: OptimizerInstance;
  /** The learning rate of each step, the first being 1. */
  readonly rate: (step: number) => number;
  readonly train: StepSettings;
  /** What `mlp_fires` is lowered by in each layer; default 0. */
  readonly thresholds?: readonly number[];
  /** Equal for plans that make the same steps, whatever their seeds, rates and lengths; absent where that cannot be known. */
  readonly sameAs?: string;
}

/** Keys of `train` that the step itself reads. */
export interface StepSettings {
  readonly batch_size: number;
  readonly accumulate: number;
  readonly grad_clip: number;
  readonly skip_above: number;
  readonly hold: readonly string[];
}

/** A step and what goes into it, ready for `engine.compile`. */
export interface SignedStep {
  readonly step: Step;
  readonly signature: Signature;
}

/** Everything that training advances: the parameters, then the optimizer's own state. */
export function stateSpecs({ model, optimizer }: Pick<StepPlan, "model" | "optimizer">): TensorSpecs {
  return { ...specsOf(model.parameters), ...specsOf(optimizer.init(model.parameters)) };
}

function specsOf(shapes: Parameters): TensorSpecs {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: "float32" }]));
}

/** A fresh state on the host, for `engine.upload`. */
export function initialState({ model, optimizer }: StepPlan, random: Random): Record<string, NDArray<Float32Array>> {
  const own = Object.entries(optimizer.init(model.parameters));
  const zeros = own.map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)) }] as const);
  return { ...model.initialise(random), ...Object.fromEntries(zeros) };
}

/** The scalar inputs of optimizer step `step`, the first being 1. */
export function scalarInputs({ optimizer, rate }: StepPlan, step: number): Record<string, NDArray<Float32Array>> {
  const scalars = { lr: rate(step), ...optimizer.scalars(step) };
  const array = (value: number) => ({ shape: [], data: Float32Array.of(value) });
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, array(value)]));
}

/**
 * One optimizer step over `accumulate` micro-batches. Inputs: `tokens` and `targets`, int32 `[accumulate*batch_size pos]`, and
 * the scalars of `scalarInputs`. Outputs: `loss` (mean, nats a token), `grad_norm` (before clipping) and the probes' tensors,
 * which see the whole batch.
 */
export function trainStep(plan: StepPlan & { readonly probes: readonly StepProbe[] }): SignedStep {
  const { model, optimizer, train, probes } = plan;

  const step: Step = (state, inputs) => {
    const { tokens, targets, lr, ...scalars } = inputs as Record<string, Tensor>;
    const params = picked(state, model.parameters);
    const batch = { model, probes, params, tokens: tokens!, targets: targets! };
    const { loss, grads, readings } = seenOf(batch, train.accumulate);
    const clipped = clipByGlobalNorm(grads, train.grad_clip);
    const next = withoutHeld(train.hold, optimizer.update({ tf, state, grads: clipped.grads, lr: lr!, scalars }));
    return {
      state: train.skip_above > 0 ? unlessSkipped(next, state, tf.lessEqual(clipped.norm, train.skip_above)) : next,
      outputs: { loss, grad_norm: clipped.norm, ...readings },
    };
  };

  const scalar = { shape: [], dtype: "float32" } as const;
  const tokens = { shape: [train.accumulate * train.batch_size, model.shape.n_ctx], dtype: "int32" } as const;
  const scalars = Object.keys(optimizer.scalars(1)).map((name) => [name, scalar] as const);
  const inputs = { tokens, targets: tokens, lr: scalar, ...Object.fromEntries(scalars) };
  return { step, signature: { state: stateSpecs(plan), inputs } };
}

/** Mean loss of each of `windows` sequences, as output `losses` `[windows]`; inputs `tokens` and `targets`, int32 `[windows pos]`. Changes no state. */
export function evalStep(plan: StepPlan & { readonly windows: number }): SignedStep {
  const { model, windows } = plan;
  const step: Step = (state, { tokens, targets }) => {
    const { logits } = forward(model, state, tokens!, []);
    return { outputs: { losses: windowLosses(logits, tf.reshape(targets!, [-1]), windows) } };
  };
  const tokens = { shape: [windows, model.shape.n_ctx], dtype: "int32" } as const;
  return { step, signature: { state: stateSpecs(plan), inputs: { tokens, targets: tokens } } };
}

/** A probe's look at `sequences` sequences that are not trained on; inputs as for `evalStep`. Changes no state. */
export function frozenStep(plan: StepPlan & { readonly sequences: number; readonly probe: StepProbe }): SignedStep {
  const { model, sequences, probe } = plan;
  const step: Step = (state, { tokens, targets }) => {
    const params = picked(state, model.parameters);
    const { sites } = forward(model, params, tokens!, probe.sites, plan.thresholds);
    const all = { first: 0, total: sequences };
    const inputs = { tf, tokens: tokens!, targets: targets!, params, grads: {}, sequences: all };
    return { outputs: probed([probe], sites, () => inputs) };
  };
  const tokens = { shape: [sequences, model.shape.n_ctx], dtype: "int32" } as const;
  return { step, signature: { state: stateSpecs(plan), inputs: { tokens, targets: tokens } } };
}

/** Leaves out the new values of parameters that are held, and of their moments. */
function withoutHeld(hold: readonly string[], changed: Tensors): Tensors {
  if (hold.length === 0) return changed;
  const parameterOf = (entry: string) => entry.slice(entry.indexOf("/") + 1);
  return Object.fromEntries(Object.entries(changed).filter(([entry]) => !isHeld(hold, parameterOf(entry))));
}

/** The new values where the scalar `keeps` is true, else the old ones. */
function unlessSkipped(changed: Tensors, state: Tensors, keeps: Tensor): Tensors {
  return mapped(changed, (next, name) => tf.where(keeps, next, state[name]!));
}

export function picked(state: Tensors, specs: Parameters): Record<string, Tensor> {
  return Object.fromEntries(Object.keys(specs).map((name) => [name, state[name]!]));
}

function mapped(tensors: Tensors, change: (tensor: Tensor, name: string) => Tensor): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}
