/** Causal self-attention with rotary or learned positions, grouped heads and windows. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Pass, Turns } from "./pass.ts";
import type { Decoder } from "./shape.ts";
import type { TF } from "./tf.ts";

/** Attention of the normalised `x` `[n d_model]`, with its output projection; `prefix` names its parameters. */
export function attention(pass: Pass, prefix: string, x: Tensor): Tensor {
  const { tf, decoder, linear, batch, pos, mask, turns } = pass;
  const { n_heads, n_kv_heads, d_head } = decoder;
  const heads = (name: string, count: number) => {
    const rows = tf.reshape(linear(prefix, name, x), [batch, pos, count, d_head]);
    return tf.transpose(rows, [0, 2, 1, 3]); // [batch count pos d_head]
  };
  const turned = (vectors: Tensor) => (turns === undefined ? vectors : rotated(tf, vectors, turns));
  const q = tf.mul(turned(heads("Q", n_heads)), 1 / Math.sqrt(d_head));
  const k = turned(heads("K", n_kv_heads));
  const v = heads("V", n_kv_heads);
  // Heads that share keys and values lie next to each other: as more rows of one head, they need no copies of them.
  const together = (rows: Tensor, width: number) => tf.reshape(rows, [batch, n_kv_heads, -1, width]);
  const apart = (rows: Tensor, width: number) => tf.reshape(rows, [batch, n_heads, pos, width]);
  const scores = apart(tf.matMul(together(q, d_head), k, false, true), pos); // [batch head pos pos]
  const pattern = tf.softmax(tf.add(scores, mask)); // [batch head pos pos]
  pass.observe("attn_pattern", pattern);
  const mixed = apart(tf.matMul(together(pattern, pos), v), d_head); // [batch head pos d_head]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * pos, n_heads * d_head]);
  return linear(prefix, "O", joined); // [n d_model]
}

/** Rotary positions (arXiv 2104.09864): pair `i` of `width / 2` turns by `position base^(-2i / width)`. */
export function turnsOf(tf: TF, { positions }: Decoder, pos: number): Turns | undefined {
  if (positions.kind !== "rotary") return undefined;
  const half = positions.width / 2;
  const angle = (i: number) => Math.floor(i / half) * positions.base ** (-(i % half) / half);
  const table = (of: (x: number) => number) =>
    tf.tensor2d(
      Float32Array.from({ length: pos * half }, (_, i) => of(angle(i))),
      [pos, half],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** Turns the leading dimensions of `x` `[batch head pos d_head]`; the partner of dimension `i` is `i + width / 2`. */
function rotated(tf: TF, x: Tensor, { cos, sin }: Turns): Tensor {
  const half = cos.shape[1]!;
  const rest = x.shape[3]! - 2 * half;
  const [a, b, ...others] = tf.split(x, rest > 0 ? [half, half, rest] : [half, half], 3) as [
    Tensor,
    Tensor,
    ...Tensor[],
  ];
  const first = tf.sub(tf.mul(a, cos), tf.mul(b, sin));
  const second = tf.add(tf.mul(b, cos), tf.mul(a, sin));
  return tf.concat([first, second, ...others], 3);
}

/**
 * Added to attention scores, `[pos pos]`: 0 where a position may look, -1e9 where not. So far below any score, the exponential
 * of a masked entry is exactly zero.
 */
export function maskOf(tf: TF, { window = Number.POSITIVE_INFINITY }: Decoder, pos: number): Tensor {
  const values = Float32Array.from({ length: pos * pos }, (_, i) => {
    const back = Math.floor(i / pos) - (i % pos);
    return back >= 0 && back < window ? 0 : -1e9;
  });
  return tf.tensor2d(values, [pos, pos]);
}
