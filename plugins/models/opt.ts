/** OPT (arXiv 2205.01068): ReLU, learned positions, biases; its 350m model has norms behind the sums and a narrow embedding. */
import { z } from "zod";
import type { Model } from "../../core/contract/model.ts";
import { hubNames } from "./decoder/activations.ts";
import { activation, count, only, plainNeuron, sizeKeys, sizesOf } from "./decoder/config.ts";
import type { Family } from "./decoder/family.ts";
import { defineFamily } from "./decoder/model.ts";

const config = z.strictObject({
  ...sizeKeys,
  ffn_dim: count,
  word_embed_proj_dim: count.optional(),
  activation_function: activation.default("relu"),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  layer_norm_elementwise_affine: only(true),
  enable_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
});

const family: Family<z.output<typeof config>> = {
  modelTypes: ["opt"],
  config,
  decoder: (c) => ({
    ...sizesOf(c),
    d_mlp: c.ffn_dim,
    d_embed: c.word_embed_proj_dim ?? c.hidden_size,
    activation: hubNames[c.activation_function]!,
    gated: false,
    norm: {
      kind: "layernorm",
      epsilon: 1e-5,
      place: c.do_layer_norm_before ? "before" : "after",
      final: c.do_layer_norm_before && !c._remove_final_layer_norm,
    },
    parallel: false,
    positions: { kind: "learned", offset: 2 },
    bias: { qkv: c.enable_bias, out: c.enable_bias, mlp: c.enable_bias, unembed: false },
    tied: c.tie_word_embeddings,
  }),
  names: {
    prefixes: ["model.decoder.", "decoder."],
    model: {
      "embed.E": "embed_tokens",
      "embed.in": "project_in",
      "pos_embed.pos": "embed_positions",
      ln_final: "final_layer_norm",
      "unembed.out": "project_out",
      "unembed.U": "lm_head",
    },
    layer: (index) => `layers.${index}.`,
    block: {
      ln1: "self_attn_layer_norm",
      "attn.Q": "self_attn.q_proj",
      "attn.K": "self_attn.k_proj",
      "attn.V": "self_attn.v_proj",
      "attn.O": "self_attn.out_proj",
      ln2: "final_layer_norm",
      "mlp.in": "fc1",
      "mlp.out": "fc2",
    },
    unneeded: /(^|\.)lm_head\.weight$/,
  },
};

export const opt: Model = defineFamily(
  {
    name: "opt",
    summary: "OPT: ReLU, learned positions, biases; also the 350m model, whose norms stand behind the sums.",
    neuron: plainNeuron,
  },
  family,
);
