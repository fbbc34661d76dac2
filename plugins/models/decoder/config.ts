/** What the config.json files of most families say in the same words. */
import { z } from "zod";
import { hubNames } from "./activations.ts";
import type { Decoder } from "./shape.ts";

export const count = z.int().min(1);

/** An activation by Hugging Face's name. */
export const activation = z
  .string()
  .refine((name) => Object.hasOwn(hubNames, name), `an activation of ${Object.keys(hubNames).join(", ")}`);

/** A key that changes what is computed in a way that is not built here: any other value is refused. */
export function only<const T extends boolean | null>(value: T) {
  return z.literal(value).optional();
}

/** Keys of sizes. */
export const sizeKeys = {
  num_hidden_layers: count,
  hidden_size: count,
  num_attention_heads: count,
  max_position_embeddings: count,
  vocab_size: count,
};

/** What they come to: as many heads of keys and values as of queries, which share the width among them. */
export function sizesOf(
  c: Readonly<Record<keyof typeof sizeKeys, number>>,
): Pick<Decoder, "n_layers" | "d_model" | "n_heads" | "n_kv_heads" | "d_head" | "n_ctx" | "d_vocab" | "d_embed"> {
  return {
    n_layers: c.num_hidden_layers,
    d_model: c.hidden_size,
    n_heads: c.num_attention_heads,
    n_kv_heads: c.num_attention_heads,
    d_head: c.hidden_size / c.num_attention_heads,
    n_ctx: c.max_position_embeddings,
    d_vocab: c.vocab_size,
    d_embed: c.hidden_size,
  };
}

/** What a neuron is where nothing gates it. */
export const plainNeuron = "A hidden unit of a block's MLP. It fires at a token where mlp_post is above zero.";
