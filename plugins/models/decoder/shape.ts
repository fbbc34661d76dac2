/**
 * A decoder-only transformer as most published ones are built: what differs between families is a handful of choices, and a
 * family is a reading of its config.json into them (opt.ts, gpt2.ts, gpt-neox.ts, llama.ts).
 */
import type { ActivationName } from "./activations.ts";

/** The choices. Sizes are in the literature's names. */
export interface Decoder {
  readonly n_layers: number;
  readonly d_model: number;
  readonly n_heads: number;
  /** Heads of keys and values, a divisor of n_heads: fewer in grouped-query attention (arXiv 2305.13245). */
  readonly n_kv_heads: number;
  readonly d_head: number;
  readonly d_mlp: number;
  /** Most positions. */
  readonly n_ctx: number;
  readonly d_vocab: number;
  /** Width of the token embedding, where a projection leads from it to d_model and back; else d_model. */
  readonly d_embed: number;
  readonly activation: ActivationName;
  /** Whether the MLP is `(act(x W_in) * x W_up) W_out`, as in arXiv 2002.05202. */
  readonly gated: boolean;
  readonly norm: {
    readonly kind: "layernorm" | "rmsnorm";
    /** Added to the variance, or mean square, before the root. */
    readonly epsilon: number;
    /** Where norms stand: before attention and MLP, or after the sum with the residual stream. */
    readonly place: "before" | "after";
    /** Whether another one stands before the unembedding. */
    readonly final: boolean;
  };
  /** Whether attention and MLP read the same residual stream and are added together (arXiv 2204.06745). */
  readonly parallel: boolean;
  readonly positions:
    | { readonly kind: "learned" /** Rows of the table before position 0. */; readonly offset: number }
    | {
        readonly kind: "rotary" /** Leading dimensions of a head that turn. */;
        readonly width: number;
        readonly base: number;
      };
  /** Positions that a token attends to, itself included; absent for all before it. */
  readonly window?: number;
  /** Which linear layers have a bias: queries, keys and values; the attention's output; the MLP; a separate unembedding. */
  readonly bias: { readonly qkv: boolean; readonly out: boolean; readonly mlp: boolean; readonly unembed: boolean };
  /** Whether the unembedding is the transpose of the token embedding. */
  readonly tied: boolean;
}

/**
 * Names and shapes of the parameters, in a fixed order; weights multiply from the right, `x W`. Names are those of the trainer's
 * own model, with queries, keys and values apart.
 */
export function parametersOf(decoder: Decoder): Record<string, readonly number[]> {
  const { n_layers, d_model, n_heads, n_kv_heads, d_head, d_mlp, n_ctx, d_vocab, d_embed } = decoder;
  const { norm, positions, bias } = decoder;
  const shapes: Record<string, readonly number[]> = {};
  const linear = (prefix: string, name: string, rows: number, columns: number, biased: boolean) => {
    shapes[`${prefix}.W_${name}`] = [rows, columns];
    if (biased) shapes[`${prefix}.b_${name}`] = [columns];
  };
  const normalisation = (prefix: string) => {
    shapes[`${prefix}.w`] = [d_model];
    if (norm.kind === "layernorm") shapes[`${prefix}.b`] = [d_model];
  };

  shapes["embed.W_E"] = [d_vocab, d_embed];
  if (d_embed !== d_model) shapes["embed.W_in"] = [d_embed, d_model];
  if (positions.kind === "learned") shapes["pos_embed.W_pos"] = [n_ctx + positions.offset, d_model];
  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    normalisation(`${block}.ln1`);
    linear(`${block}.attn`, "Q", d_model, n_heads * d_head, bias.qkv);
    linear(`${block}.attn`, "K", d_model, n_kv_heads * d_head, bias.qkv);
    linear(`${block}.attn`, "V", d_model, n_kv_heads * d_head, bias.qkv);
    linear(`${block}.attn`, "O", n_heads * d_head, d_model, bias.out);
    normalisation(`${block}.ln2`);
    linear(`${block}.mlp`, "in", d_model, d_mlp, bias.mlp);
    if (decoder.gated) linear(`${block}.mlp`, "up", d_model, d_mlp, bias.mlp);
    linear(`${block}.mlp`, "out", d_mlp, d_model, bias.mlp);
  }
  if (norm.final) normalisation("ln_final");
  if (d_embed !== d_model) shapes["unembed.W_out"] = [d_model, d_embed];
  if (!decoder.tied) linear("unembed", "U", d_embed, d_vocab, bias.unembed);
  return shapes;
}
