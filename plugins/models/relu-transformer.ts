/**
 * The model: a pre-LN decoder-only transformer with a two-layer MLP, as one pure TensorFlow.js function of named parameters.
 *
 * Shapes, here and in every other file:
 *   batch    sequences                    d_model  width of the residual stream
 *   pos      positions in a sequence      d_head   d_model / n_heads
 *   layer    transformer blocks           d_mlp    hidden units (neurons) of one MLP
 *   head     attention heads              d_vocab  token ids
 *   n        batch times pos: the residual stream is kept flat, `[n d_model]`, so that all products are plain matrices
 */

import type { Tensor } from "@tensorflow/tfjs";
import { z } from "zod";
import { type NDArray, sizeOf } from "../../core/arrays/ndarray.ts";
import type { Random } from "../../core/arrays/random.ts";
import {
  defineModel,
  type ForwardInputs,
  type LayerParameters,
  type Model,
  type ModelSettings,
  type Parameters,
} from "../../core/contract/model.ts";
import { siteShapes } from "../../core/contract/sites.ts";
import { embedding, normalised, normEpsilon } from "../../core/model/operations.ts";

/** Model `relu-transformer`: what runs train when they say nothing else. */
export const reluTransformer: Model = defineModel({
  name: "relu-transformer",
  summary:
    "Pre-LN decoder-only transformer with learned positions and a two-layer MLP (ReLU, or gelu and relu2 as controls).",
  options: z.strictObject({}),
  neuron: "A hidden unit of a block's MLP. It fires at a token where mlp_post is above zero.",
  sites: siteShapes,
  reads: ["activation", "norm", "bias", "tie_embeddings", "init_scale"],
  create: (_, { settings, d_vocab }) => {
    const { n_layers, d_model, n_heads, d_mlp, n_ctx } = settings;
    return {
      shape: { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab },
      parameters: parametersOf(settings, d_vocab),
      initialise: (random) => initialise(settings, d_vocab, random),
      forward: (inputs) => forward(inputs, settings),
      layer: (index) => layerOf(settings, index),
    };
  },
});

/** Standard deviation of initial weights at `init_scale` 1, as in GPT-2. */
const initialDeviation = 0.02;

/**
 * Names and shapes of the parameters, in a fixed order. Weights multiply from the right, `x W`: `blocks.0.mlp.W_in` is
 * `[d_model d_mlp]`. `attn.W_QKV` holds queries, keys and values side by side, each head's `d_head` columns together.
 */
export function parametersOf(config: ModelSettings, d_vocab: number): Parameters {
  const { n_layers, d_model, d_mlp, n_ctx } = config;
  const shapes: Record<string, readonly number[]> = {};
  const add = (name: string, shape: readonly number[]) => {
    shapes[name] = shape;
  };
  const addLinear = (prefix: string, name: string, rows: number, columns: number) => {
    add(`${prefix}.W_${name}`, [rows, columns]);
    if (config.bias) add(`${prefix}.b_${name}`, [columns]);
  };
  const addNorm = (prefix: string) => {
    add(`${prefix}.w`, [d_model]);
    if (config.bias && config.norm === "layernorm") add(`${prefix}.b`, [d_model]);
  };

  add("embed.W_E", [d_vocab, d_model]);
  add("pos_embed.W_pos", [n_ctx, d_model]);
  for (let layer = 0; layer < n_layers; layer++) {
    addNorm(`blocks.${layer}.ln1`);
    addLinear(`blocks.${layer}.attn`, "QKV", d_model, 3 * d_model);
    addLinear(`blocks.${layer}.attn`, "O", d_model, d_model);
    addNorm(`blocks.${layer}.ln2`);
    addLinear(`blocks.${layer}.mlp`, "in", d_model, d_mlp);
    addLinear(`blocks.${layer}.mlp`, "out", d_mlp, d_model);
  }
  addNorm("ln_final");
  if (!config.tie_embeddings) add("unembed.W_U", [d_model, d_vocab]);
  return shapes;
}

/**
 * Fresh parameters on the host: weights and embeddings `N(0, 0.02 init_scale)`, those that write into the residual stream
 * (`W_O`, `W_out`) divided by `sqrt(2 n_layers)` (GPT-2, section 2.3), norms one, biases zero.
 */
export function initialise(
  config: ModelSettings,
  d_vocab: number,
  random: Random,
): Record<string, NDArray<Float32Array>> {
  const deviation = initialDeviation * config.init_scale;
  const values = (name: string, shape: readonly number[]): Float32Array => {
    const data = new Float32Array(sizeOf(shape));
    if (shape.length === 1) return name.endsWith(".w") ? data.fill(1) : data;
    const scale = /\.W_(O|out)$/.test(name) ? deviation / Math.sqrt(2 * config.n_layers) : deviation;
    random.normals(data, scale);
    return data;
  };
  const shapes = Object.entries(parametersOf(config, d_vocab));
  return Object.fromEntries(shapes.map(([name, shape]) => [name, { shape, data: values(name, shape) }]));
}

function layerOf({ bias, norm }: ModelSettings, layer: number): LayerParameters {
  const block = `blocks.${layer}`;
  return {
    W_in: `${block}.mlp.W_in`,
    ...(bias && { b_in: `${block}.mlp.b_in` }),
    W_out: `${block}.mlp.W_out`,
    norm: {
      kind: norm,
      epsilon: normEpsilon,
      gain: `${block}.ln2.w`,
      ...(bias && norm === "layernorm" && { shift: `${block}.ln2.b` }),
    },
  };
}

/** The forward pass. */
export function forward(inputs: ForwardInputs, config: ModelSettings): Tensor {
  const { tf, params, tokens, observe } = inputs;
  const [batch, pos] = tokens.shape as [number, number];
  const rows = embedding(params["embed.W_E"]!, tf.reshape(tokens, [-1])); // [n d_model]
  const positions = tf.slice(params["pos_embed.W_pos"]!, 0, pos); // [pos d_model]
  const embedded = tf.add(tf.reshape(rows, [batch, pos, -1]), positions); // [batch pos d_model]
  let x: Tensor = tf.reshape(embedded, [batch * pos, -1]); // [n d_model]
  observe("embed", x);
  const mask = causalMask(inputs, pos);
  for (let layer = 0; layer < config.n_layers; layer++) {
    const block = `blocks.${layer}`;
    observe("resid_pre", x);
    const attended = attention(inputs, `${block}.attn`, norm(inputs, `${block}.ln1`, x, config), mask, config);
    observe("attn_out", attended);
    x = tf.add(x, attended); // [n d_model]
    observe("mlp_in", x);
    const pre = linear(inputs, `${block}.mlp`, "in", norm(inputs, `${block}.ln2`, x, config)); // [n d_mlp]
    observe("mlp_pre", pre);
    const post = activated(inputs, pre, config); // [n d_mlp]
    observe("mlp_post", post);
    x = tf.add(x, linear(inputs, `${block}.mlp`, "out", post)); // [n d_model]
    observe("resid_post", x);
  }
  const final = norm(inputs, "ln_final", x, config); // [n d_model]
  return config.tie_embeddings
    ? tf.matMul(final, params["embed.W_E"]!, false, true)
    : tf.matMul(final, params["unembed.W_U"]!); // [n d_vocab]
}

/** Causal self-attention of the normalised `x` `[n d_model]`, with its output projection. */
function attention(inputs: ForwardInputs, prefix: string, x: Tensor, mask: Tensor, config: ModelSettings): Tensor {
  const { tf } = inputs;
  const { n_heads, d_model } = config;
  const d_head = d_model / n_heads;
  const pos = mask.shape[0]!;
  const qkv = tf.reshape(linear(inputs, prefix, "QKV", x), [-1, pos, 3 * n_heads, d_head]); // [batch pos 3*head d_head]
  const byHead = tf.transpose(qkv, [0, 2, 1, 3]); // [batch 3*head pos d_head]
  const [q, k, v] = tf.split(byHead, 3, 1) as [Tensor, Tensor, Tensor]; // 3 of [batch head pos d_head]
  const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(d_head)), k, false, true); // [batch head pos pos]
  const pattern = tf.softmax(tf.add(scores, mask)); // [batch head pos pos]
  inputs.observe("attn_pattern", pattern);
  const mixed = tf.transpose(tf.matMul(pattern, v), [0, 2, 1, 3]); // [batch pos head d_head]
  return linear(inputs, prefix, "O", tf.reshape(mixed, [-1, d_model])); // [n d_model]
}

/**
 * Added to attention scores: 0 where a position may look, -1e9 where not. So far below any score, the exponential of a masked
 * entry is exactly zero; a milder number would leave denormals, which slow every CPU several times.
 */
function causalMask({ tf }: ForwardInputs, pos: number): Tensor {
  const values = Float32Array.from({ length: pos * pos }, (_, i) => (i % pos > Math.floor(i / pos) ? -1e9 : 0));
  return tf.tensor2d(values, [pos, pos]);
}

function linear({ tf, params }: ForwardInputs, prefix: string, name: string, x: Tensor): Tensor {
  const product = tf.matMul(x, params[`${prefix}.W_${name}`]!);
  const bias = params[`${prefix}.b_${name}`];
  return bias === undefined ? product : tf.add(product, bias);
}

function norm({ params }: ForwardInputs, prefix: string, x: Tensor, config: ModelSettings): Tensor {
  return normalised(config.norm, x, params[`${prefix}.w`]!, params[`${prefix}.b`]);
}

function activated({ tf }: ForwardInputs, pre: Tensor, config: ModelSettings): Tensor {
  switch (config.activation) {
    case "relu":
      return tf.relu(pre);
    case "relu2": // arXiv 2109.08668
      return tf.square(tf.relu(pre));
    case "gelu": {
      // `x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`, arXiv 1606.08415
      const cubic = tf.mul(pre, tf.add(tf.mul(tf.square(pre), 0.044715), 1));
      return tf.mul(tf.mul(pre, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
    }
    default:
      throw config.activation satisfies never;
  }
}
