/**
 * Why a pre-activation moved between two looks at the same tokens. With `c = x - mean(x)` (RMSNorm: x), `r = 1/sqrt(var + eps)`,
 * `n = c r`, `u = g n + beta`, `z = W u + b`, and bars for the mean of both ends, the product rule gives exactly
 * `dz = dW.ubar + db + Wbar.(dg nbar) + Wbar.dbeta + Wbar.(gbar dc rbar) + Wbar.(gbar cbar dr)`
 * and dW splits once more into what weight decay alone did, `(rho - 1) W0`, and the rest. W does not depend on the token, so
 * means over tokens need only means of these vectors.
 */

import type { Normalisation } from "../../../core/contract/model.ts";

/** Names of the parts, in the order of rows everywhere. */
export const driftParts = [
  "weights",
  "decay",
  "bias",
  "ln_gain",
  "ln_shift",
  "upstream_direction",
  "upstream_scale",
] as const;

/** One layer at one look: `n` tokens, some of its units. */
export interface LayerSnapshot {
  /** Residual stream before the MLP's norm, `[n d_model]`. */
  readonly x: Float32Array;
  /** `[units d_model]`, `[units]`; norm gain and shift `[d_model]`. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly gain: Float32Array;
  readonly shift: Float32Array;
}

/** The model's norm before the MLP. */
export type Norm = Pick<Normalisation, "kind" | "epsilon">;

/**
 * Sums over tokens of `r0 x0`, `r1 x1`, `r1 x0` and `r0 x1`, `[d_model 4]`, from which all that depends on tokens follows. One array,
 * since loops over several are several times as slow.
 */
type Sums = Float64Array;
const inSums = 4;

/** Mean (0 for RMSNorm) and `r` of each token of a look. */
interface Tokens {
  readonly centre: Float64Array;
  readonly inverse: Float64Array;
}

/**
 * Vectors whose products with W are the parts, means over tokens, `[d_model 7]`: u at either end and their mean, `dg nbar`, `dbeta`,
 * `gbar dc rbar` and `gbar cbar dr`.
 */
type Pieces = Float64Array;
const inPieces = 7;

/** What moved the units between two looks. */
export interface Drift {
  /** Parts of the change of every unit's mean pre-activation over all tokens, `[units parts]`, in the order of `driftParts`. */
  readonly all: Float64Array;
  /** That change, from `z = W u + b` at either end alone, `[units]`: what the parts must add up to. */
  readonly change: Float64Array;
  /**
   * Parts of the units that were asked for, each over the tokens that fired it at the first look, or 32 of them from all over
   * the text; NaN where none did.
   */
  readonly own: readonly Float64Array[];
}

/** Most tokens that a unit's own parts are means over: units differ by far more than means of so many tokens. */
const mostOwnTokens = 32;

/** A step with which a walk round `n` places comes to each of them once, the first ones spread over all. */
function strideOver(n: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.round(0.618 * n));
  while (divisor(n, stride) !== 1) stride--;
  return stride;
}

/** Compares two looks. `keep` is the product over the steps between of `1 - lr weight_decay`. */
export function driftBetween(
  from: LayerSnapshot,
  to: LayerSnapshot,
  norm: Norm,
  keep: number,
  ownOf: readonly number[] = [],
): Drift {
  const d = from.gain.length;
  const n = from.x.length / d;
  const units = from.bias.length;
  const ends = { from, to, keep, before: tokensOf(from, norm), after: tokensOf(to, norm) };
  const everyToken = Array.from({ length: n }, (_, t) => t);
  const means = piecesOf(ends, everyToken);
  const all = new Float64Array(units * driftParts.length);
  const change = new Float64Array(units);
  for (let i = 0; i < units; i++) change[i] = partsOf(ends, i, means, all, i * driftParts.length);
  const own = ownOf.map((unit) => {
    const parts = new Float64Array(driftParts.length);
    partsOf(ends, unit, piecesOf(ends, firingTokens(ends, unit)), parts, 0);
    return parts;
  });
  return { all, change, own };
}

interface Ends {
  readonly from: LayerSnapshot;
  readonly to: LayerSnapshot;
  readonly keep: number;
  readonly before: Tokens;
  readonly after: Tokens;
}

/** Tokens that fire a unit at the first look: all, or the first `mostOwnTokens` on a walk all over the text. */
function firingTokens({ from, before }: Ends, unit: number): number[] {
  const { x, weights, bias, gain, shift } = from;
  const d = gain.length;
  const n = x.length / d;
  // `z = direction.n + offset`
  const direction = new Float64Array(d);
  let offset = bias[unit]!;
  let whole = 0;
  for (let j = 0; j < d; j++) {
    const weight = weights[unit * d + j]!;
    direction[j] = weight * gain[j]!;
    whole += direction[j]!;
    offset += weight * shift[j]!;
  }
  const found: number[] = [];
  const stride = strideOver(n);
  for (let visited = 0, t = 0; visited < n && found.length < mostOwnTokens; visited++, t = (t + stride) % n) {
    const along = dot(direction, x, t * d) - before.centre[t]! * whole;
    if (along * before.inverse[t]! + offset > 0) found.push(t);
  }
  return found;
}

function dot(a: Float64Array, x: Float32Array, from: number): number {
  // Four sums, since each addition waits for the one before it.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length & ~3;
  for (let j = 0, at = from; j < whole; j += 4, at += 4) {
    s0 += a[j]! * x[at]!;
    s1 += a[j + 1]! * x[at + 1]!;
    s2 += a[j + 2]! * x[at + 2]!;
    s3 += a[j + 3]! * x[at + 3]!;
  }
  for (let j = whole; j < a.length; j++) s0 += a[j]! * x[from + j]!;
  return s0 + s1 + (s2 + s3);
}

/** Writes one unit's parts to `out` from `at` on; returns the change that they are parts of. */
function partsOf({ from, to, keep }: Ends, unit: number, pieces: Pieces, out: Float64Array, at: number): number {
  const [before, after] = [from.weights, to.weights];
  const d = from.gain.length;
  let [old, learned, byGain, byShift, byDirection, byScale, z0, z1] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let w = unit * d, end = w + d, piece = 0; w < end; w++, piece += inPieces) {
    const w0 = before[w]!;
    const w1 = after[w]!;
    const both = w0 + w1;
    const u = pieces[piece + 2]!;
    z0 += w0 * pieces[piece]!;
    z1 += w1 * pieces[piece + 1]!;
    old += w0 * u;
    learned += w1 * u;
    byGain += both * pieces[piece + 3]!;
    byShift += both * pieces[piece + 4]!;
    byDirection += both * pieces[piece + 5]!;
    byScale += both * pieces[piece + 6]!;
  }
  const bias = to.bias[unit]! - from.bias[unit]!;
  out[at] = learned - keep * old;
  out[at + 1] = (keep - 1) * old;
  out[at + 2] = bias;
  out[at + 3] = byGain / 2;
  out[at + 4] = byShift / 2;
  out[at + 5] = byDirection / 2;
  out[at + 6] = byScale / 2;
  return z1 - z0 + bias;
}

/** The pieces, means over some tokens. */
function piecesOf({ from, to, before, after }: Ends, tokens: readonly number[]): Pieces {
  const d = from.gain.length;
  const sums: Sums = new Float64Array(d * inSums);
  const [x0, x1] = [from.x, to.x];
  let [m0, m1, m10, m01] = [0, 0, 0, 0]; // the same sums of centres
  for (let k = 0; k < tokens.length; k++) {
    const t = tokens[k]!;
    const r0 = before.inverse[t]!;
    const r1 = after.inverse[t]!;
    for (let x = t * d, at = 0; at < sums.length; x++, at += inSums) {
      const a = x0[x]!;
      const b = x1[x]!;
      sums[at]! += r0 * a;
      sums[at + 1]! += r1 * b;
      sums[at + 2]! += r1 * a;
      sums[at + 3]! += r0 * b;
    }
    m0 += r0 * before.centre[t]!;
    m1 += r1 * after.centre[t]!;
    m10 += r1 * before.centre[t]!;
    m01 += r0 * after.centre[t]!;
  }
  const pieces = new Float64Array(d * inPieces);
  for (let j = 0, at = 0, piece = 0; j < d; j++, at += inSums, piece += inPieces) {
    const n0 = (sums[at]! - m0) / tokens.length;
    const n1 = (sums[at + 1]! - m1) / tokens.length;
    const mixed = (sums[at + 3]! - m01 - (sums[at + 2]! - m10)) / tokens.length; // 0 where nothing upstream moved
    const g0 = from.gain[j]!;
    const g1 = to.gain[j]!;
    const u0 = g0 * n0 + from.shift[j]!;
    const u1 = g1 * n1 + to.shift[j]!;
    pieces[piece] = u0;
    pieces[piece + 1] = u1;
    pieces[piece + 2] = (u0 + u1) / 2;
    pieces[piece + 3] = ((g1 - g0) * (n0 + n1)) / 2;
    pieces[piece + 4] = to.shift[j]! - from.shift[j]!;
    pieces[piece + 5] = ((g0 + g1) * (n1 - n0 + mixed)) / 4; // 2 dc rbar
    pieces[piece + 6] = ((g0 + g1) * (n1 - n0 - mixed)) / 4; // 2 cbar dr
  }
  return pieces;
}

const knownTokens = new WeakMap<LayerSnapshot, Tokens>();

/** Of a snapshot, made once: each is the end of one interval and the beginning of the next. */
function tokensOf(snapshot: LayerSnapshot, norm: Norm): Tokens {
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

/** Groups of parts; norm: gain and shift, upstream: direction and scale, which apart may be large and cancel. */
export const partGroups = ["weights", "decay", "bias", "norm", "upstream"] as const;

/**
 * The group of parts that pushed a unit hardest towards silence, the most negative one; undefined where none did. Parts that pushed
 * the other way do not count, however large.
 */
export function dominantPart(parts: ArrayLike<number>): (typeof partGroups)[number] | undefined {
  const grouped = {
    weights: parts[0]!,
    decay: parts[1]!,
    bias: parts[2]!,
    norm: parts[3]! + parts[4]!,
    upstream: parts[5]! + parts[6]!,
  };
  const lowest = partGroups.reduce((best, one) => (grouped[one] < grouped[best] ? one : best));
  return grouped[lowest] < 0 ? lowest : undefined;
}
