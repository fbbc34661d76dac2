/** GPT-NeoX (arXiv 2204.06745), and with it Pythia (arXiv 2304.01373): GELU, rotary positions, attention and MLP side by side. */
import { z } from "zod";
import type { Model } from "../../core/contract/model.ts";
import { hubNames } from "./decoder/activations.ts";
import { activation, count, plainNeuron, sizeKeys, sizesOf } from "./decoder/config.ts";
import type { Family } from "./decoder/family.ts";
import { defineFamily } from "./decoder/model.ts";
import { ropeKeys, rotaryBase } from "./decoder/rope.ts";

const config = z.strictObject({
  ...sizeKeys,
  intermediate_size: count,
  hidden_act: activation.default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
  use_parallel_residual: z.boolean().default(true),
  rotary_pct: z.number().positive().max(1).optional(),
  rotary_emb_base: z.number().positive().optional(),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
  ...ropeKeys,
});

/** Each head's query, key and value stand side by side. */
const third = (at: number) => ({ from: "attention.query_key_value", part: { at, of: 3, groups: "heads" } }) as const;

const family: Family<z.output<typeof config>> = {
  modelTypes: ["gpt_neox"],
  config,
  decoder: (c) => {
    const sizes = sizesOf(c);
    const share = c.rope_parameters?.partial_rotary_factor ?? c.rotary_pct ?? 0.25;
    return {
      ...sizes,
      d_mlp: c.intermediate_size,
      activation: hubNames[c.hidden_act]!,
      gated: false,
      norm: { kind: "layernorm", epsilon: c.layer_norm_eps, place: "before", final: true },
      parallel: c.use_parallel_residual,
      positions: { kind: "rotary", width: Math.floor(sizes.d_head * share), base: rotaryBase(c, c.rotary_emb_base) },
      bias: { qkv: c.attention_bias, out: c.attention_bias, mlp: true, unembed: false },
      tied: c.tie_word_embeddings,
    };
  },
  names: {
    prefixes: ["gpt_neox.", ""],
    model: { "embed.E": "embed_in", ln_final: "final_layer_norm", "unembed.U": "embed_out" },
    layer: (index) => `layers.${index}.`,
    block: {
      ln1: "input_layernorm",
      "attn.Q": third(0),
      "attn.K": third(1),
      "attn.V": third(2),
      "attn.O": "attention.dense",
      ln2: "post_attention_layernorm",
      "mlp.in": "mlp.dense_h_to_4h",
      "mlp.out": "mlp.dense_4h_to_h",
    },
    unneeded: /(^|\.)(attention\.(bias|masked_bias|rotary_emb\.inv_freq)|embed_out\.weight)$/,
  },
};

export const gptNeox: Model = defineFamily(
  {
    name: "gpt-neox",
    summary: "GPT-NeoX and Pythia: GELU, rotary positions, attention and MLP side by side.",
    neuron: plainNeuron,
  },
  family,
);
