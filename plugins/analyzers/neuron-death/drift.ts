/**
 * Why a pre-activation moved between two probes of the same tokens. With `c = x - mean(x)` (RMSNorm: x), `r = 1/sqrt(var + eps)`,
 * `n = c r`, `u = g n + beta`, `z = W u + b`, and bars for the mean of both ends, the product rule gives exactly
 * `dz = dW.ubar + db + Wbar.(dg nbar) + Wbar.dbeta + Wbar.(gbar dc rbar) + Wbar.(gbar cbar dr)`
 * and dW splits once more into what weight decay alone did, `(rho - 1) W0`, and the rest. W does not depend on the token, so
 * means over tokens need only means of these vectors.
 */

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

/** One layer at one probe. */
export interface LayerSnapshot {
  /** Residual stream before the MLP's norm, `[n d_model]`. */
  readonly x: Float32Array;
  /** `[d_model units]`, `[units]`; norm gain and shift `[d_model]`. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly gain: Float32Array;
  readonly shift: Float32Array;
}

/** The model's `norm`. */
export type Norm = "layernorm" | "rmsnorm";

/** As in the model: added to the variance before the root. */
const normEpsilon = 1e-5;

/** Vectors over d_model whose products with W are the parts, for every token or as means over all. */
interface Pieces {
  /** u at the first end, and its mean over both ends, `[rows d_model]`. */
  readonly u0: Float64Array;
  readonly u: Float64Array;
  /** `dg nbar`, `gbar dc rbar` and `gbar cbar dr`, each `[rows d_model]`. */
  readonly gain: Float64Array;
  readonly direction: Float64Array;
  readonly scale: Float64Array;
}

/** A pair of probes, ready to be asked about units. */
export interface Drift {
  /** Parts of the change of unit `i`'s mean pre-activation over all tokens, in the order of `driftParts`. */
  overall(unit: number): Float64Array;
  /** The same over some tokens only. */
  over(unit: number, tokens: readonly number[]): Float64Array;
  /** The tokens that fired a unit at the first probe. */
  firing(unit: number): number[];
}

/** Compares two probes. `keep` is the product over the steps between of `1 - lr weight_decay`. */
export function driftBetween(from: LayerSnapshot, to: LayerSnapshot, norm: Norm, keep: number): Drift {
  const d = from.gain.length;
  const units = from.bias.length;
  const n = from.x.length / d;
  const pieces = piecesOf(from, to, norm);
  const overall = overallParts(from, to, meanOf(pieces, d, n), keep);

  function parts(unit: number, at: Pieces, row: number): Float64Array {
    const sums = new Float64Array(driftParts.length);
    for (let j = 0; j < d; j++) {
      const w0 = from.weights[j * units + unit]!;
      const w1 = to.weights[j * units + unit]!;
      const bar = (w0 + w1) / 2;
      const u = at.u[row * d + j]!;
      sums[0]! += (w1 - keep * w0) * u;
      sums[1]! += (keep - 1) * w0 * u;
      sums[3]! += bar * at.gain[row * d + j]!;
      sums[4]! += bar * (to.shift[j]! - from.shift[j]!);
      sums[5]! += bar * at.direction[row * d + j]!;
      sums[6]! += bar * at.scale[row * d + j]!;
    }
    sums[2] = to.bias[unit]! - from.bias[unit]!;
    return sums;
  }

  return {
    overall: (unit) => overall.subarray(unit * driftParts.length, (unit + 1) * driftParts.length),
    over: (unit, tokens) => {
      const sums = new Float64Array(driftParts.length);
      for (const token of tokens) for (const [k, part] of parts(unit, pieces, token).entries()) sums[k]! += part;
      for (let k = 0; k < sums.length; k++) sums[k]! /= tokens.length;
      return sums;
    },
    firing: (unit) => {
      const column = Float64Array.from({ length: d }, (_, j) => from.weights[j * units + unit]!);
      const tokens: number[] = [];
      for (let t = 0; t < n; t++) {
        let z = from.bias[unit]!;
        for (let j = 0; j < d; j++) z += column[j]! * pieces.u0[t * d + j]!;
        if (z > 0) tokens.push(t);
      }
      return tokens;
    },
  };
}

/** Parts of all units from means over tokens, `[units parts]`: row by row of W, as it lies in memory. */
function overallParts(from: LayerSnapshot, to: LayerSnapshot, means: Pieces, keep: number): Float64Array {
  const width = driftParts.length;
  const units = from.bias.length;
  const sums = new Float64Array(units * width);
  for (let j = 0; j < from.gain.length; j++) {
    const [u, gain, shift] = [means.u[j]!, means.gain[j]!, to.shift[j]! - from.shift[j]!];
    const [direction, scale] = [means.direction[j]!, means.scale[j]!];
    for (let i = 0, at = 0; i < units; i++, at += width) {
      const w0 = from.weights[j * units + i]!;
      const w1 = to.weights[j * units + i]!;
      const bar = (w0 + w1) / 2;
      sums[at]! += (w1 - keep * w0) * u;
      sums[at + 1]! += (keep - 1) * w0 * u;
      sums[at + 3]! += bar * gain;
      sums[at + 4]! += bar * shift;
      sums[at + 5]! += bar * direction;
      sums[at + 6]! += bar * scale;
    }
  }
  for (let i = 0; i < units; i++) sums[i * width + 2] = to.bias[i]! - from.bias[i]!;
  return sums;
}

function piecesOf(from: LayerSnapshot, to: LayerSnapshot, norm: Norm): Pieces {
  const d = from.gain.length;
  const n = from.x.length / d;
  const make = () => new Float64Array(n * d);
  const pieces = { u0: make(), u: make(), gain: make(), direction: make(), scale: make() };
  for (let t = 0; t < n; t++) {
    const a = statisticsOf(from.x, t * d, d, norm);
    const b = statisticsOf(to.x, t * d, d, norm);
    for (let j = 0, at = t * d; j < d; j++, at++) {
      const [c0, c1] = [from.x[at]! - a.centre, to.x[at]! - b.centre];
      const [n0, n1] = [c0 * a.inverse, c1 * b.inverse];
      const [g0, g1] = [from.gain[j]!, to.gain[j]!];
      const g = (g0 + g1) / 2;
      pieces.u0[at] = g0 * n0 + from.shift[j]!;
      pieces.u[at] = (pieces.u0[at]! + g1 * n1 + to.shift[j]!) / 2;
      pieces.gain[at] = ((g1 - g0) * (n0 + n1)) / 2;
      pieces.direction[at] = (g * (c1 - c0) * (a.inverse + b.inverse)) / 2;
      pieces.scale[at] = (g * (c0 + c1) * (b.inverse - a.inverse)) / 2;
    }
  }
  return pieces;
}

function meanOf(pieces: Pieces, d: number, n: number): Pieces {
  const mean = (rows: Float64Array) => {
    const sums = new Float64Array(d);
    for (let at = 0; at < rows.length; at++) sums[at % d]! += rows[at]! / n;
    return sums;
  };
  return {
    u0: pieces.u0,
    u: mean(pieces.u),
    gain: mean(pieces.gain),
    direction: mean(pieces.direction),
    scale: mean(pieces.scale),
  };
}

/** Mean (0 for RMSNorm) and inverse root of the mean square about it, of one row. */
export function statisticsOf(x: Float32Array, from: number, d: number, norm: Norm) {
  let centre = 0;
  if (norm === "layernorm") for (let j = 0; j < d; j++) centre += x[from + j]! / d;
  let square = 0;
  for (let j = 0; j < d; j++) square += (x[from + j]! - centre) ** 2 / d;
  return { centre, inverse: 1 / Math.sqrt(square + normEpsilon) };
}

/** The largest part by magnitude among weights, decay, bias, norm (gain and shift) and upstream (direction and scale). */
export function dominantPart(parts: ArrayLike<number>): "weights" | "decay" | "bias" | "norm" | "upstream" {
  const grouped = {
    weights: parts[0]!,
    decay: parts[1]!,
    bias: parts[2]!,
    norm: parts[3]! + parts[4]!,
    upstream: parts[5]! + parts[6]!,
  };
  const entries = Object.entries(grouped) as [keyof typeof grouped, number][];
  return entries.reduce((best, one) => (Math.abs(one[1]) > Math.abs(best[1]) ? one : best))[0];
}
