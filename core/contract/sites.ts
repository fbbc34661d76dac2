/** Part of the contract: the places in the forward pass that a probe can look at, and what else it is given there. */
import type * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";

/**
 * Places inside every layer, by TransformerLens' names without the `hook_` prefix. Each gives one tensor a layer:
 * `resid_pre`, `mlp_in` (the residual stream before the MLP's norm), `attn_out`, `resid_post` `[batch pos d_model]`;
 * `attn_pattern` `[batch head pos pos]`; `mlp_pre`, `mlp_post` (before and after the activation) `[batch pos d_mlp]`, and of the
 * same shape `mlp_fires`: above zero exactly where a neuron fires, as its model says. That is `mlp_post` itself, in gated MLPs
 * the activated gate, and where activations are never exactly zero less the run's threshold.
 */
export const layerSites = [
  "resid_pre",
  "attn_pattern",
  "attn_out",
  "mlp_in",
  "mlp_pre",
  "mlp_post",
  "mlp_fires",
  "resid_post",
] as const;
/** Places that occur once: `embed` `[batch pos d_model]`, `logits` `[batch pos d_vocab]`. */
export const modelSites = ["embed", "logits"] as const;

export type LayerSite = (typeof layerSites)[number];
export type ModelSite = (typeof modelSites)[number];
const stream = ["batch", "pos", "d_model"] as const;
const hidden = ["batch", "pos", "d_mlp"] as const;

/** Dimensions of the standard sites, for a model to declare those that it has. */
export const siteShapes = {
  embed: stream,
  resid_pre: stream,
  attn_pattern: ["batch", "head", "pos", "pos"],
  attn_out: stream,
  mlp_in: stream,
  mlp_pre: hidden,
  mlp_post: hidden,
  mlp_fires: hidden,
  resid_post: stream,
  logits: ["batch", "pos", "d_vocab"],
} as const satisfies Readonly<Record<LayerSite | ModelSite, readonly string[]>>;

/** A place in every layer that only some models have. Its name has a dot (`mlp.gate`), so that a misspelt standard name is still one. */
export type OwnSite = `${string}.${string}`;
/** A named place in the forward pass. Which of them a model has, `experiment plugins MODEL` tells. */
export type Site = LayerSite | ModelSite | OwnSite;

/** What a probe gets: for a site in every layer, one tensor for each layer, first layer first. */
export type Activations<S extends Site> = { readonly [K in S]: K extends ModelSite ? Tensor : readonly Tensor[] };

/** What else a probe may look at. All of it belongs to the step that the activations come from. */
export interface ProbeInputs {
  /** TensorFlow.js, the very copy that the trainer runs on. */
  readonly tf: typeof tf;
  /** Token ids, int32 `[batch pos]`. */
  readonly tokens: Tensor;
  /** The tokens to predict, int32 `[batch pos]`. */
  readonly targets: Tensor;
  /** The parameters that the activations were computed with (before the update), by the names of a checkpoint. */
  readonly params: Readonly<Record<string, Tensor>>;
  /** Gradients of the mean loss before clipping, by the same names. Not for a probe that says how micro-batches `combine`. */
  readonly grads: Readonly<Record<string, Tensor>>;
  /**
   * Which sequences of the step's batch the activations are of: those from `first` on, of `total`. All of them, unless the probe looks
   * at one micro-batch after another.
   */
  readonly sequences: { readonly first: number; readonly total: number };
}

/** What `probeGradients` may look at. */
export type GradientInputs = Pick<ProbeInputs, "tf" | "params" | "grads">;

/** What a frozen probe may look at beside its sites: there is no gradient, for nothing is trained on these sequences. */
export type FrozenInputs = Omit<ProbeInputs, "grads" | "sequences">;
