/** A transformer whose MLPs are gated, `(relu(x W_gate) * (x W_up)) W_out` (ReGLU, arXiv 2002.05202): a model of one's own in one file. */
import { defineModel, embedding, type ForwardInputs, type Model, normalised, normEpsilon } from "reluscope";
import { z } from "zod";

type Tensor = ForwardInputs["tokens"];

export const gatedMlp: Model = defineModel({
  name: "gated-mlp",
  summary: "decoder-only transformer with RMSNorm and gated ReLU MLPs, no biases",
  options: z.strictObject({
    init_std: z.number().positive().default(0.02).describe("Standard deviation of the initial weights."),
  }),
  neuron: "A hidden unit of a block's MLP: gate times up. It fires at a token where its gate is above zero.",
  sites: {
    mlp_in: ["batch", "pos", "d_model"],
    mlp_pre: ["batch", "pos", "d_mlp"],
    mlp_post: ["batch", "pos", "d_mlp"],
    "mlp.gated": ["batch", "pos", "d_mlp"], // a site of its own: any name with a dot
    resid_post: ["batch", "pos", "d_model"],
    logits: ["batch", "pos", "d_vocab"],
  },
  create({ init_std }, { settings, d_vocab }) {
    const { n_layers, d_model, n_heads, d_mlp, n_ctx } = settings;
    const parameters: Record<string, readonly number[]> = {
      "embed.W_E": [d_vocab, d_model],
      "pos_embed.W_pos": [n_ctx, d_model],
      "ln_final.w": [d_model],
    };
    for (let layer = 0; layer < n_layers; layer++) {
      Object.assign(parameters, {
        [`blocks.${layer}.ln1.w`]: [d_model],
        [`blocks.${layer}.attn.W_QKV`]: [d_model, 3 * d_model],
        [`blocks.${layer}.attn.W_O`]: [d_model, d_model],
        [`blocks.${layer}.ln2.w`]: [d_model],
        [`blocks.${layer}.mlp.W_gate`]: [d_model, d_mlp],
        [`blocks.${layer}.mlp.W_up`]: [d_model, d_mlp],
        [`blocks.${layer}.mlp.W_out`]: [d_mlp, d_model],
      });
    }
    return {
      shape: { n_layers, d_model, n_heads, d_mlp, n_ctx, d_vocab },
      parameters,
      initialise: (random) =>
        Object.fromEntries(
          Object.entries(parameters).map(([name, shape]) => {
            const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
            return [name, { shape, data: data.map(() => (shape.length === 1 ? 1 : init_std * random.normal())) }];
          }),
        ),
      forward(inputs) {
        const { tf, params, tokens, observe } = inputs;
        const [batch, pos] = tokens.shape as [number, number];
        const rows = tf.reshape(embedding(params["embed.W_E"]!, tf.reshape(tokens, [-1])), [batch, pos, d_model]);
        const positions = tf.slice(params["pos_embed.W_pos"]!, 0, pos); // [pos d_model]
        let x: Tensor = tf.reshape(tf.add(rows, positions), [batch * pos, d_model]); // [n d_model]
        for (let layer = 0; layer < n_layers; layer++) {
          const own = (name: string) => params[`blocks.${layer}.${name}`]!;
          x = tf.add(x, attention(inputs, layer, normalised("rmsnorm", x, own("ln1.w")), n_heads));
          observe("mlp_in", x);
          const normed = normalised("rmsnorm", x, own("ln2.w"));
          const pre = tf.matMul(normed, own("mlp.W_gate")); // [n d_mlp]
          observe("mlp_pre", pre);
          const gate = tf.relu(pre);
          observe("mlp_post", gate); // what analyzers take for firing: the gate
          const gated = tf.mul(gate, tf.matMul(normed, own("mlp.W_up")));
          observe("mlp.gated", gated);
          x = tf.add(x, tf.matMul(gated, own("mlp.W_out")));
          observe("resid_post", x);
        }
        return tf.matMul(normalised("rmsnorm", x, params["ln_final.w"]!), params["embed.W_E"]!, false, true); // [n d_vocab]
      },
      layer: (index) => ({
        W_in: `blocks.${index}.mlp.W_gate`,
        W_out: `blocks.${index}.mlp.W_out`,
        norm: { kind: "rmsnorm", epsilon: normEpsilon, gain: `blocks.${index}.ln2.w` },
      }),
    };
  },
});

/** Causal self-attention of `x` `[n d_model]`. */
function attention({ tf, params, tokens }: ForwardInputs, layer: number, x: Tensor, heads: number): Tensor {
  const [batch, pos] = tokens.shape as [number, number];
  const d_model = x.shape[1]!;
  const qkv = tf.matMul(x, params[`blocks.${layer}.attn.W_QKV`]!); // [n 3*d_model]
  const byHead = tf.transpose(tf.reshape(qkv, [batch, pos, 3 * heads, d_model / heads]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(byHead, 3, 1) as [Tensor, Tensor, Tensor]; // [batch head pos d_head]
  const later = Float32Array.from({ length: pos * pos }, (_, i) => (i % pos > Math.floor(i / pos) ? -1e9 : 0));
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d_model / heads)); // [batch head pos pos]
  const mixed = tf.matMul(tf.softmax(tf.add(scores, tf.tensor2d(later, [pos, pos]))), v);
  return tf.matMul(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, d_model]), params[`blocks.${layer}.attn.W_O`]!);
}
