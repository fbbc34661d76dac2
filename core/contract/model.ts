/** Part of the contract: models, which the trainer trains and analyzers look into. */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import type { z } from "zod";
import type { NDArray } from "../arrays/ndarray.ts";
import type { Random } from "../arrays/random.ts";
import type { Published } from "./published.ts";
import type { ModelShape } from "./shape.ts";
import type { Site } from "./sites.ts";

/** Shapes of named float32 parameters, in a fixed order. Names are those of a checkpoint: `blocks.0.mlp.W_in`. */
export type Parameters = Readonly<Record<string, readonly number[]>>;

/**
 * Names of the parameters around one layer's neurons, for analyzers that ask what moved them. A neuron's pre-activation is
 * `norm(resid) W_in + b_in`; weights multiply from the right, `x W`.
 */
export interface LayerParameters {
  /** `[d_model d_mlp]`: a column for each neuron. */
  readonly W_in: string;
  /** `[d_mlp]`; absent without biases. */
  readonly b_in?: string;
  /** `[d_mlp d_model]`: a row for each neuron. */
  readonly W_out: string;
  /** The normalisation that W_in reads. */
  readonly norm: Normalisation;
}

/** A LayerNorm, or an RMSNorm, and the names of its parameters. */
export interface Normalisation {
  readonly kind: "layernorm" | "rmsnorm";
  /** Added to the variance, or mean square, before the root. */
  readonly epsilon: number;
  /** `[d_model]`. */
  readonly gain: string;
  /** `[d_model]`; absent without one. */
  readonly shift?: string;
}

/** What `forward` is given. */
export interface ForwardInputs {
  /** TensorFlow.js, the very copy that the trainer runs on. */
  readonly tf: typeof tf;
  readonly params: Readonly<Record<string, Tensor>>;
  /** Token ids, int32 `[batch pos]`, pos <= n_ctx. */
  readonly tokens: Tensor;
  /**
   * Hands a site to whoever watches it, in the shape that the site declares or flat, `[n last]` for `[batch pos last]`. Costs
   * nothing where nobody does. Sites of layers are handed over layer by layer, first layer first.
   */
  observe(site: Site, value: Tensor): void;
}

/** A model of fixed sizes, as a pure function of named parameters. */
export interface ModelInstance {
  readonly shape: ModelShape;
  readonly parameters: Parameters;
  /** Fresh values for all of them. The same random stream gives the same values. */
  initialise(random: Random): Readonly<Record<string, NDArray<Float32Array>>>;
  /**
   * Logits, flat: `[n d_vocab]`, n being batch times pos. Pure: no reads of values, no randomness, no branches on values; a
   * compiled engine calls it once, with symbols.
   */
  forward(inputs: ForwardInputs): Tensor;
  /** The parameters around the neurons of a layer, 0 being the first. */
  layer(index: number): LayerParameters;
}

/** The section `model` of the config, by the same names; see `experiment config`. */
export interface ModelSettings extends Omit<ModelShape, "d_vocab"> {
  readonly activation: "relu" | "gelu" | "relu2";
  readonly norm: "layernorm" | "rmsnorm";
  readonly bias: boolean;
  readonly tie_embeddings: boolean;
  readonly init_scale: number;
}

/** What a model is made from. */
export interface ModelRequest {
  readonly settings: ModelSettings;
  readonly d_vocab: number;
}

/** A model. */
export interface ModelSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** What one of its neurons is, and when it fires, in a sentence. */
  readonly neuron: string;
  /** Its sites, each with its dimensions: `mlp_post: ["batch", "pos", "d_mlp"]`. One tensor a layer, except `embed` and `logits`. */
  readonly sites: Readonly<Partial<Record<Site, readonly string[]>>>;
  /** Keys of `model` that it reads, beside the sizes. One that is set in a config and not read is an error. */
  readonly reads?: readonly Exclude<keyof ModelSettings, keyof ModelShape>[];
  create(options: O, request: ModelRequest): ModelInstance;
  /** How published checkpoints become its parameters; absent where there are none. */
  readonly published?: Published<O>;
}

/** Any model, its type parameter forgotten. */
export interface Model extends ModelSpec<never> {
  readonly kind: "model";
}

/** Makes a model. */
export function defineModel<O>(spec: ModelSpec<O>): Model {
  return { kind: "model", ...spec } as unknown as Model;
}
