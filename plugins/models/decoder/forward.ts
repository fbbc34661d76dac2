/** The forward pass of a decoder. Shapes and their names are those of the trainer's own model. */
import type { Tensor } from "@tensorflow/tfjs";
import type { ForwardInputs } from "../../../core/contract/model.ts";
import { activated } from "./activations.ts";
import { attention, maskOf, turnsOf } from "./attention.ts";
import type { Pass } from "./pass.ts";
import type { Decoder } from "./shape.ts";

/** Logits, `[n d_vocab]`. */
export function forward(inputs: ForwardInputs, decoder: Decoder): Tensor {
  const { tf, params, tokens, observe } = inputs;
  const [batch, pos] = tokens.shape as [number, number];
  const linear = (prefix: string, name: string, x: Tensor) => {
    const product = tf.matMul(x, params[`${prefix}.W_${name}`]!);
    const bias = params[`${prefix}.b_${name}`];
    return bias === undefined ? product : tf.add(product, bias);
  };
  const mask = maskOf(tf, decoder, pos);
  const pass: Pass = { ...inputs, decoder, batch, pos, linear, mask, turns: turnsOf(tf, decoder, pos) };

  let x = embedded(pass); // [n d_model]
  observe("embed", x);
  for (let layer = 0; layer < decoder.n_layers; layer++) {
    observe("resid_pre", x);
    x = decoder.norm.place === "before" ? blockOf(pass, layer, x) : postNormBlockOf(pass, layer, x);
    observe("resid_post", x);
  }
  if (decoder.norm.final) x = normalised(pass, "ln_final", x);
  if (decoder.d_embed !== decoder.d_model) x = linear("unembed", "out", x); // [n d_embed]
  const logits = decoder.tied ? tf.matMul(x, params["embed.W_E"]!, false, true) : linear("unembed", "U", x);
  observe("logits", logits);
  return logits;
}

function embedded({ tf, params, tokens, decoder, batch, pos, linear }: Pass): Tensor {
  const rows = tf.gather(params["embed.W_E"]!, tf.reshape(tokens, [-1])); // [n d_embed]
  const x = decoder.d_embed === decoder.d_model ? rows : linear("embed", "in", rows); // [n d_model]
  if (decoder.positions.kind !== "learned") return x;
  const positions = tf.slice(params["pos_embed.W_pos"]!, decoder.positions.offset, pos); // [pos d_model]
  return tf.reshape(tf.add(tf.reshape(x, [batch, pos, -1]), positions), [batch * pos, -1]);
}

/** A block with its norms before attention and MLP. */
function blockOf(pass: Pass, layer: number, x: Tensor): Tensor {
  const { tf, decoder, observe } = pass;
  const block = `blocks.${layer}`;
  const attended = attention(pass, `${block}.attn`, normalised(pass, `${block}.ln1`, x));
  observe("attn_out", attended);
  const between = tf.add(x, attended);
  const read = decoder.parallel ? x : between;
  observe("mlp_in", read);
  return tf.add(between, mlp(pass, `${block}.mlp`, normalised(pass, `${block}.ln2`, read)));
}

/** A block with its norms after the sums: what the MLP's neurons read is normalised by the attention's norm. */
function postNormBlockOf(pass: Pass, layer: number, x: Tensor): Tensor {
  const { tf, observe } = pass;
  const block = `blocks.${layer}`;
  const attended = attention(pass, `${block}.attn`, x);
  observe("attn_out", attended);
  const between = tf.add(x, attended);
  observe("mlp_in", between);
  const read = normalised(pass, `${block}.ln1`, between);
  return normalised(pass, `${block}.ln2`, tf.add(read, mlp(pass, `${block}.mlp`, read)));
}

function mlp({ tf, decoder, observe, linear }: Pass, prefix: string, x: Tensor): Tensor {
  const pre = linear(prefix, "in", x); // [n d_mlp]
  observe("mlp_pre", pre);
  const gate = activated(tf, decoder.activation, pre); // [n d_mlp]
  const post = decoder.gated ? tf.mul(gate, linear(prefix, "up", x)) : gate; // [n d_mlp]
  observe("mlp_post", post);
  if (decoder.gated) observe("mlp_fires", gate);
  return linear(prefix, "out", post); // [n d_model]
}

/** LayerNorm, or RMSNorm (arXiv 1910.07467), of each row. */
function normalised({ tf, params, decoder }: Pass, prefix: string, x: Tensor): Tensor {
  const { kind, epsilon } = decoder.norm;
  const centred = kind === "layernorm" ? tf.sub(x, tf.mean(x, -1, true)) : x;
  const unit = tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)));
  const scaled = tf.mul(unit, params[`${prefix}.w`]!);
  const shift = params[`${prefix}.b`];
  return shift === undefined ? scaled : tf.add(scaled, shift);
}
