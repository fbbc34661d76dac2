/** Llama (arXiv 2302.13971) and Mistral (arXiv 2310.06825): gated MLPs, RMSNorm, rotary positions; ReLU-fied ones too. */
import { z } from "zod";
import type { Model } from "../../core/contract/model.ts";
import { hubNames } from "./decoder/activations.ts";
import { activation, count, sizeKeys, sizesOf } from "./decoder/config.ts";
import type { Family } from "./decoder/family.ts";
import { defineFamily } from "./decoder/model.ts";
import { ropeKeys, rotaryBase } from "./decoder/rope.ts";

const config = z.strictObject({
  ...sizeKeys,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  intermediate_size: count,
  hidden_act: activation.default("silu"),
  rms_norm_eps: z.number().positive().default(1e-6),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  sliding_window: count.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  ...ropeKeys,
});

const family: Family<z.output<typeof config>> = {
  modelTypes: ["llama", "mistral"],
  config,
  decoder: (c) => {
    const sizes = sizesOf(c);
    const d_head = c.head_dim ?? sizes.d_head;
    return {
      ...sizes,
      n_kv_heads: c.num_key_value_heads ?? sizes.n_heads,
      d_head,
      d_mlp: c.intermediate_size,
      activation: hubNames[c.hidden_act]!,
      gated: true,
      norm: { kind: "rmsnorm", epsilon: c.rms_norm_eps, place: "before", final: true },
      parallel: false,
      positions: { kind: "rotary", width: d_head, base: rotaryBase(c) },
      ...(c.sliding_window && { window: c.sliding_window }),
      bias: { qkv: c.attention_bias, out: c.attention_bias, mlp: c.mlp_bias, unembed: false },
      tied: c.tie_word_embeddings,
    };
  },
  names: {
    prefixes: ["model.", ""],
    model: { "embed.E": "embed_tokens", ln_final: "norm", "unembed.U": "lm_head" },
    layer: (index) => `layers.${index}.`,
    block: {
      ln1: "input_layernorm",
      "attn.Q": "self_attn.q_proj",
      "attn.K": "self_attn.k_proj",
      "attn.V": "self_attn.v_proj",
      "attn.O": "self_attn.o_proj",
      ln2: "post_attention_layernorm",
      "mlp.in": "mlp.gate_proj",
      "mlp.up": "mlp.up_proj",
      "mlp.out": "mlp.down_proj",
    },
    unneeded: /(^|\.)(rotary_emb\.inv_freq|lm_head\.weight)$/,
  },
};

export const llama: Model = defineFamily(
  {
    name: "llama",
    summary: "Llama and Mistral: gated MLPs (SiLU, ReLU, ReLU squared), RMSNorm, rotary positions, grouped heads.",
    neuron:
      "A hidden unit of a block's gated MLP: mlp_post is the activated gate times the other branch. It fires where the activated gate is above zero.",
  },
  family,
);
