/** What attribution keeps of one layer at one look, and the statistics of its tokens. */
import type { Normalisation } from "../../../core/contract/model.ts";

/** One layer at one look: `n` tokens, some of its units. */
export interface LayerSnapshot {
  /** Residual stream before the MLP's norm, `[n d_model]`. */
  readonly x: Float32Array;
  /** `[d_model units]`, `[units]`; norm gain and shift `[d_model]`. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly gain: Float32Array;
  readonly shift: Float32Array;
}

/** The model's norm before the MLP. */
export type Norm = Pick<Normalisation, "kind" | "epsilon">;

/** Mean (0 for RMSNorm) and `r` of each token of a look. */
export interface Tokens {
  readonly centre: Float64Array;
  readonly inverse: Float64Array;
}

const knownTokens = new WeakMap<LayerSnapshot, Tokens>();

/** Of a snapshot, made once: each is the end of one interval and the beginning of the next. */
export function tokensOf(snapshot: LayerSnapshot, norm: Norm): Tokens {
  const known = knownTokens.get(snapshot);
  if (known !== undefined) return known;
  const d = snapshot.gain.length;
  const n = snapshot.x.length / d;
  const made = { centre: new Float64Array(n), inverse: new Float64Array(n) };
  for (let t = 0; t < n; t++) {
    const { centre, inverse } = statisticsOf(snapshot.x, t * d, d, norm);
    made.centre[t] = centre;
    made.inverse[t] = inverse;
  }
  knownTokens.set(snapshot, made);
  return made;
}

/** Mean (0 for RMSNorm) and inverse root of the mean square about it, of one row. */
function statisticsOf(x: Float32Array, from: number, d: number, { kind, epsilon }: Norm) {
  let centre = 0;
  if (kind === "layernorm") {
    for (let j = 0; j < d; j++) centre += x[from + j]!;
    centre /= d;
  }
  let square = 0;
  for (let j = 0; j < d; j++) {
    const off = x[from + j]! - centre;
    square += off * off;
  }
  return { centre, inverse: 1 / Math.sqrt(square / d + epsilon) };
}
