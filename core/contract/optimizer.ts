/** Part of the contract: optimizers, which turn gradients into the next parameters. */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import type { z } from "zod";
import type { Parameters } from "./model.ts";

/** What `update` is given; all tensors by the names of a checkpoint. */
export interface UpdateInputs {
  /** TensorFlow.js, the very copy that the trainer runs on. */
  readonly tf: typeof tf;
  /** Parameters and the optimizer's own state before the step. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** Gradients of the mean loss, after clipping. */
  readonly grads: Readonly<Record<string, Tensor>>;
  /** The learning rate, as a scalar tensor. */
  readonly lr: Tensor;
  /** What `scalars` gave for this step, as scalar tensors. */
  readonly scalars: Readonly<Record<string, Tensor>>;
}

/** An optimizer with its options. */
export interface OptimizerInstance {
  /** Shapes of its own state, zero at first. Names are `anything/<parameter>`, so that what belongs to a held parameter is held too. */
  init(parameters: Parameters): Parameters;
  /** Numbers that change from step to step, beside the learning rate; the first step is 1. The names are the same at every step. */
  scalars(step: number): Readonly<Record<string, number>>;
  /** The new parameters and state, by name; what is left out stays. Pure, as a model's `forward`. */
  update(inputs: UpdateInputs): Readonly<Record<string, Tensor>>;
  /** The factor by which weight decay alone shrinks a parameter of this shape in a step; 1 where it decays none. */
  shrink?(lr: number, shape: readonly number[]): number;
}

/** Keys of `train` that optimizers share, by the same names. */
export interface OptimizerSettings {
  readonly weight_decay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/** An optimizer. Gradients are clipped before it sees them; held parameters and skipped steps are the trainer's business. */
export interface OptimizerSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** Keys of `train` that it reads. One that is set in a config and not read is an error. */
  readonly reads?: readonly (keyof OptimizerSettings)[];
  create(options: O, settings: OptimizerSettings): OptimizerInstance;
}

/** Any optimizer, its type parameter forgotten. */
export interface Optimizer extends OptimizerSpec<never> {
  readonly kind: "optimizer";
}

/** Makes an optimizer. */
export function defineOptimizer<O>(spec: OptimizerSpec<O>): Optimizer {
  return { kind: "optimizer", ...spec } as unknown as Optimizer;
}
