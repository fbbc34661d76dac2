/** The train and evaluation steps: pure functions of state and inputs that any engine can run. */

import type { Tensor, TensorContainer } from "@tensorflow/tfjs";
import { type NDArray, sizeOf } from "../arrays/ndarray.ts";
import type { Random } from "../arrays/random.ts";
import type { ModelInstance, Parameters } from "../contract/model.ts";
import type { OptimizerInstance } from "../contract/optimizer.ts";
import type { Activations, ProbeInputs, Site } from "../contract/sites.ts";
import type { Signature, Step, TensorSpecs, Tensors } from "../engine/engine.ts";
import { tf } from "../engine/tensorflow.ts";
import { crossEntropy, windowLosses } from "../model/operations.ts";
import { clipByGlobalNorm } from "./clip.ts";
import { type CapturedSites, forward } from "./forward.ts";
import { isHeld } from "./held.ts";
import { checkProbeSize, runProbe, type StepProbe } from "./probe.ts";

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
  const params = model.parameters;
  const capture = [...new Set(probes.flatMap((probe) => probe.sites))];

  const step: Step = (state, inputs) => {
    const { tokens, targets, lr, ...scalars } = inputs as Record<string, Tensor>;
    const current = picked(state, params);
    const { loss, grads, sites } = accumulated(current, tokens!, targets!, model, train.accumulate, capture);
    const readings = probed(probes, sites, { tf, tokens: tokens!, targets: targets!, params: current, grads });
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
    return { outputs: probed([probe], sites, { tf, tokens: tokens!, targets: targets!, params, grads: {} }) };
  };
  const tokens = { shape: [sequences, model.shape.n_ctx], dtype: "int32" } as const;
  return { step, signature: { state: stateSpecs(plan), inputs: { tokens, targets: tokens } } };
}

/** What all probes return, by output name. Disposes the sites. */
function probed(probes: readonly StepProbe[], sites: CapturedSites, inputs: ProbeInputs): Record<string, Tensor> {
  try {
    const readings: Record<string, Tensor> = {};
    for (const probe of probes) {
      const wanted = Object.fromEntries(probe.sites.map((site) => [site, sites[site]])) as Activations<Site>;
      Object.assign(readings, runProbe(probe, wanted, inputs));
    }
    checkProbeSize(readings);
    return readings;
  } finally {
    tf.dispose(sites as TensorContainer);
  }
}

interface Pass {
  readonly loss: Tensor;
  readonly grads: Record<string, Tensor>;
  /** Kept tensors: whoever gets them disposes them. */
  readonly sites: CapturedSites;
}

/** Loss and gradients averaged over equal micro-batches run one after another, sites joined along batch. */
function accumulated(
  params: Tensors,
  tokens: Tensor,
  targets: Tensor,
  model: ModelInstance,
  count: number,
  capture: readonly Site[],
): Pass {
  if (count === 1) return lossAndGradients(params, tokens, targets, model, capture);
  const tokenParts = tf.split(tokens, count, 0);
  const targetParts = tf.split(targets, count, 0);
  const passes = tokenParts.map((part, i) => ({ part, targets: targetParts[i]! }));
  const sites: CapturedSites[] = [];
  let sum: { loss: Tensor; grads: Record<string, Tensor> } | undefined;
  for (const micro of passes) {
    const pass = lossAndGradients(params, micro.part, micro.targets, model, capture);
    sites.push(pass.sites);
    if (sum === undefined) sum = pass;
    else {
      const previous = sum;
      sum = {
        loss: tf.add(previous.loss, pass.loss),
        grads: mapped(previous.grads, (grad, name) => tf.add(grad, pass.grads[name]!)),
      };
      tf.dispose([previous.grads, pass.grads]);
    }
  }
  const { loss, grads } = sum!;
  const mean = { loss: tf.div(loss, count), grads: mapped(grads, (grad) => tf.div(grad, count)) };
  tf.dispose(grads);
  return { ...mean, sites: joined(sites) };
}

function lossAndGradients(
  params: Tensors,
  tokens: Tensor,
  targets: Tensor,
  model: ModelInstance,
  capture: readonly Site[],
): Pass {
  const names = Object.keys(params);
  const flatTargets = tf.reshape(targets, [-1]); // [n]
  let sites: CapturedSites = {};
  const withGradients = tf.valueAndGrads((...values: Tensor[]) => {
    const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const pass = forward(model, named, tokens, capture);
    sites = pass.sites;
    return crossEntropy(pass.logits, flatTargets);
  });
  const { value, grads } = withGradients(names.map((name) => params[name]!));
  return { loss: value, grads: Object.fromEntries(names.map((name, i) => [name, grads[i]!])), sites };
}

/** The sites of the whole batch, kept, from those of its micro-batches, which are disposed. */
function joined(parts: readonly CapturedSites[]): CapturedSites {
  const concat = (tensors: readonly Tensor[]) => tf.keep(tf.concat([...tensors], 0));
  const whole: Record<string, Tensor | readonly Tensor[]> = {};
  for (const [site, first] of Object.entries(parts[0]!)) {
    const all = parts.map((part) => part[site]!);
    whole[site] = Array.isArray(first)
      ? first.map((_, layer) => concat((all as Tensor[][]).map((layers) => layers[layer]!)))
      : concat(all as Tensor[]);
  }
  tf.dispose(parts as unknown as TensorContainer);
  return whole;
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
