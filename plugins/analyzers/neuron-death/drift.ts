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
 * Of one token, or summed over several, what pieces are made from, `[d_model 4]`: n at either end, `2 dc rbar` and `2 cbar dr`.
 * One array, since loops over several are several times as slow.
 */
type Sums = Float64Array;
const inSums = 4;

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
   * Parts of the units that were asked for, each over the tokens that fired it at the first look, or 64 of them from all over
   * the text; NaN where none did.
   */
  readonly own: readonly Float64Array[];
}

/** Most tokens that a unit's own parts are means over: units differ by far more than means of so many tokens. */
const mostOwnTokens = 64;

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
  const [sums, row] = [new Float64Array(d * inSums), new Float64Array(d * inSums)];
  const owned = ownOf.map((unit) => ({ ...firing(from, unit), unit, tokens: 0, sums: new Float64Array(sums.length) }));
  const stride = strideOver(n);
  for (let visited = 0, t = 0; visited < n; visited++, t = (t + stride) % n) {
    fillRow(row, from, to, norm, t);
    add(sums, row);
    for (let k = 0; k < owned.length; k++) {
      const one = owned[k]!;
      if (one.tokens === mostOwnTokens || !fires(one, row)) continue;
      add(one.sums, row);
      one.tokens++;
    }
  }
  const ends = { from, to, keep };
  const means = piecesOf(sums, n, ends);
  const all = new Float64Array(units * driftParts.length);
  const change = new Float64Array(units);
  for (let i = 0; i < units; i++) change[i] = partsOf(ends, i, means, all, i * driftParts.length);
  const own = owned.map(({ unit, tokens, sums }) => {
    const parts = new Float64Array(driftParts.length);
    partsOf(ends, unit, piecesOf(sums, tokens, ends), parts, 0);
    return parts;
  });
  return { all, change, own };
}

interface Ends {
  readonly from: LayerSnapshot;
  readonly to: LayerSnapshot;
  readonly keep: number;
}

/** What decides whether a token fires a unit at the first look: `z = direction.n + offset`. */
interface Firing {
  readonly direction: Float64Array;
  readonly offset: number;
}

function firing({ weights, bias, gain, shift }: LayerSnapshot, unit: number): Firing {
  const d = gain.length;
  const direction = new Float64Array(d);
  let offset = bias[unit]!;
  for (let j = 0; j < d; j++) {
    const weight = weights[unit * d + j]!;
    direction[j] = weight * gain[j]!;
    offset += weight * shift[j]!;
  }
  return { direction, offset };
}

function fires({ direction, offset }: Firing, row: Sums): boolean {
  // Two sums, since each addition waits for the one before it.
  let [even, odd] = [offset, 0];
  for (let j = 0, at = 0; j + 1 < direction.length; j += 2, at += 2 * inSums) {
    even += direction[j]! * row[at]!;
    odd += direction[j + 1]! * row[at + inSums]!;
  }
  if (direction.length % 2 === 1) even += direction.at(-1)! * row.at(-inSums)!;
  return even + odd > 0;
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

function add(sums: Sums, row: Sums): void {
  for (let at = 0; at < sums.length; at += inSums) {
    sums[at]! += row[at]!;
    sums[at + 1]! += row[at + 1]!;
    sums[at + 2]! += row[at + 2]!;
    sums[at + 3]! += row[at + 3]!;
  }
}

/** The pieces of `tokens` tokens' sums. */
function piecesOf(sums: Sums, tokens: number, { from, to }: Ends): Pieces {
  const d = from.gain.length;
  const pieces = new Float64Array(d * inPieces);
  for (let j = 0, at = 0, piece = 0; j < d; j++, at += inSums, piece += inPieces) {
    const n0 = sums[at]! / tokens;
    const n1 = sums[at + 1]! / tokens;
    const g0 = from.gain[j]!;
    const g1 = to.gain[j]!;
    const u0 = g0 * n0 + from.shift[j]!;
    const u1 = g1 * n1 + to.shift[j]!;
    pieces[piece] = u0;
    pieces[piece + 1] = u1;
    pieces[piece + 2] = (u0 + u1) / 2;
    pieces[piece + 3] = ((g1 - g0) * (n0 + n1)) / 2;
    pieces[piece + 4] = to.shift[j]! - from.shift[j]!;
    pieces[piece + 5] = ((g0 + g1) * (sums[at + 2]! / tokens)) / 4;
    pieces[piece + 6] = ((g0 + g1) * (sums[at + 3]! / tokens)) / 4;
  }
  return pieces;
}

/** What token `t` gives. */
function fillRow(row: Sums, from: LayerSnapshot, to: LayerSnapshot, norm: Norm, t: number): void {
  const d = from.gain.length;
  const a = statisticsOf(from.x, t * d, d, norm);
  const b = statisticsOf(to.x, t * d, d, norm);
  const [x0, x1, both, apart] = [from.x, to.x, a.inverse + b.inverse, b.inverse - a.inverse];
  for (let x = t * d, at = 0; at < row.length; x++, at += inSums) {
    const c0 = x0[x]! - a.centre;
    const c1 = x1[x]! - b.centre;
    row[at] = c0 * a.inverse;
    row[at + 1] = c1 * b.inverse;
    row[at + 2] = (c1 - c0) * both;
    row[at + 3] = (c0 + c1) * apart;
  }
}

/** Mean (0 for RMSNorm) and inverse root of the mean square about it, of one row. */
export function statisticsOf(x: Float32Array, from: number, d: number, { kind, epsilon }: Norm) {
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
