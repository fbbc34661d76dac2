/** GPT-2: GELU (tanh form), learned positions, biases. */
import { z } from "zod";
import type { Model } from "../../core/contract/model.ts";
import { hubNames } from "./decoder/activations.ts";
import { activation, count, only, plainNeuron, sizesOf } from "./decoder/config.ts";
import type { Family } from "./decoder/family.ts";
import { defineFamily } from "./decoder/model.ts";

const config = z.strictObject({
  n_layer: count,
  n_embd: count,
  n_head: count,
  n_inner: count.nullish(),
  n_positions: count,
  vocab_size: count,
  activation_function: activation.default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
  scale_attn_weights: only(true),
  scale_attn_by_inverse_layer_idx: only(false),
});

/** Queries, keys and values stand side by side in one tensor. */
const third = (at: number) => ({ from: "attn.c_attn", part: { at, of: 3, groups: "none" } }) as const;

const family: Family<z.output<typeof config>> = {
  modelTypes: ["gpt2"],
  config,
  decoder: (c) => ({
    ...sizesOf({
      num_hidden_layers: c.n_layer,
      hidden_size: c.n_embd,
      num_attention_heads: c.n_head,
      max_position_embeddings: c.n_positions,
      vocab_size: c.vocab_size,
    }),
    d_mlp: c.n_inner ?? 4 * c.n_embd,
    activation: hubNames[c.activation_function]!,
    gated: false,
    norm: { kind: "layernorm", epsilon: c.layer_norm_epsilon, place: "before", final: true },
    parallel: false,
    positions: { kind: "learned", offset: 0 },
    bias: { qkv: true, out: true, mlp: true, unembed: false },
    tied: c.tie_word_embeddings,
  }),
  names: {
    prefixes: ["transformer.", ""],
    model: { "embed.E": "wte", "pos_embed.pos": "wpe", ln_final: "ln_f", "unembed.U": "lm_head" },
    layer: (index) => `h.${index}.`,
    block: {
      ln1: "ln_1",
      "attn.Q": third(0),
      "attn.K": third(1),
      "attn.V": third(2),
      "attn.O": "attn.c_proj",
      ln2: "ln_2",
      "mlp.in": "mlp.c_fc",
      "mlp.out": "mlp.c_proj",
    },
    inputsFirst: true,
    unneeded: /(^|\.)(lm_head\.weight|attn\.(bias|masked_bias))$/,
  },
};

export const gpt2: Model = defineFamily(
  {
    name: "gpt2",
    summary: "GPT-2: GELU, learned positions, biases.",
    neuron: plainNeuron,
  },
  family,
);
