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

/** Vectors over d_model whose products with W are the parts, of one token or as means over all; each `[d_model]`. */
interface Pieces {
  /** u at the first end, and its mean over both ends. */
  readonly u0: Float64Array;
  readonly u: Float64Array;
  /** `dg nbar`, `gbar dc rbar` and `gbar cbar dr`. */
  readonly gain: Float64Array;
  readonly direction: Float64Array;
  readonly scale: Float64Array;
}

/** A pair of probes, ready to be asked about units. */
export interface Drift {
  /** Parts of the change of every unit's mean pre-activation over all tokens, `[units parts]`, in the order of `driftParts`. */
  readonly all: Float64Array;
  /** Those of unit `i`. */
  overall(unit: number): Float64Array;
  /** The same over some tokens only. */
  over(unit: number, tokens: readonly number[]): Float64Array;
  /** The tokens that fired a unit at the first probe. */
  firing(unit: number): number[];
  /** Parts of several units, each over the tokens that fired it at the first probe. */
  own(units: readonly number[]): Float64Array[];
}

/** Compares two probes. `keep` is the product over the steps between of `1 - lr weight_decay`. */
export function driftBetween(from: LayerSnapshot, to: LayerSnapshot, norm: Norm, keep: number): Drift {
  const all = overallParts(from, to, meanPieces(from, to, norm), keep);
  const some = (units: readonly number[], tokens?: readonly number[]) =>
    partsOfTokens(from, to, norm, keep, units, tokens);
  return {
    all,
    overall: (unit) => all.subarray(unit * driftParts.length, (unit + 1) * driftParts.length),
    over: (unit, tokens) => some([unit], tokens)[0]!.parts,
    firing: (unit) => some([unit])[0]!.tokens,
    own: (units) => some(units).map(({ parts }) => parts),
  };
}

/**
 * Parts of some units over `tokens`, or over the tokens that fire each. Token by token, so that its pieces are made once for
 * all units and never lie in memory for all tokens.
 */
function partsOfTokens(
  from: LayerSnapshot,
  to: LayerSnapshot,
  norm: Norm,
  keep: number,
  units: readonly number[],
  tokens?: readonly number[],
): { readonly parts: Float64Array; readonly tokens: number[] }[] {
  if (units.length === 0) return [];
  const d = from.gain.length;
  const n = from.x.length / d;
  const asked = units.map((unit) => ({ ...columnsOf(from, to, keep, unit), parts: sumsOf(), tokens: [] as number[] }));
  const row = piecesLike(d);
  const z = new Float64Array(asked.length);
  for (let s = 0; s < (tokens?.length ?? n); s++) {
    const t = tokens?.[s] ?? s;
    fillRow(row, from, to, norm, t);
    if (tokens === undefined) preActivations(asked, row.u0, z);
    for (let k = 0; k < asked.length; k++) {
      if (tokens === undefined && !(z[k]! > 0)) continue;
      addToken(asked[k]!, row);
      asked[k]!.tokens.push(t);
    }
  }
  for (const { parts, tokens } of asked) for (let k = 0; k < parts.length; k++) parts[k]! /= tokens.length;
  return asked;
}

const sumsOf = () => new Float64Array(driftParts.length);

/** What one unit's weights are multiplied with, one after another, and the parts that are the same at every token. */
interface Columns {
  /** W at the first end, mean W, and changes of W by decay alone and by the rest, each `[d_model]`. */
  readonly start: Float64Array;
  readonly bar: Float64Array;
  readonly decayed: Float64Array;
  readonly learned: Float64Array;
  readonly startBias: number;
  readonly bias: number;
  readonly shift: number;
}

function columnsOf(from: LayerSnapshot, to: LayerSnapshot, keep: number, unit: number): Columns {
  const d = from.gain.length;
  const units = from.bias.length;
  const make = () => new Float64Array(d);
  const [start, bar, decayed, learned] = [make(), make(), make(), make()];
  let shift = 0;
  for (let j = 0; j < d; j++) {
    const w0 = from.weights[j * units + unit]!;
    const w1 = to.weights[j * units + unit]!;
    start[j] = w0;
    bar[j] = (w0 + w1) / 2;
    decayed[j] = (keep - 1) * w0;
    learned[j] = w1 - keep * w0;
    shift += bar[j]! * (to.shift[j]! - from.shift[j]!);
  }
  const startBias = from.bias[unit]!;
  return { start, bar, decayed, learned, startBias, bias: to.bias[unit]! - startBias, shift };
}

/** Pre-activations of all units at one token, into `z`; four at a time, for one sum alone waits for its last addition. */
function preActivations(asked: readonly Columns[], u0: Float64Array, z: Float64Array): void {
  const last = asked.length - 1;
  for (let k = 0; k <= last; k += 4) {
    const [k1, k2, k3] = [Math.min(k + 1, last), Math.min(k + 2, last), Math.min(k + 3, last)];
    const [a, b, c, e] = [asked[k]!.start, asked[k1]!.start, asked[k2]!.start, asked[k3]!.start];
    let za = asked[k]!.startBias;
    let zb = asked[k1]!.startBias;
    let zc = asked[k2]!.startBias;
    let ze = asked[k3]!.startBias;
    for (let j = 0; j < u0.length; j++) {
      const u = u0[j]!;
      za += a[j]! * u;
      zb += b[j]! * u;
      zc += c[j]! * u;
      ze += e[j]! * u;
    }
    z[k] = za;
    z[k1] = zb;
    z[k2] = zc;
    z[k3] = ze;
  }
}

/** Adds one unit's parts at one token. */
function addToken(unit: Columns & { readonly parts: Float64Array }, { u, gain, direction, scale }: Pieces): void {
  const { bar, decayed, learned, parts } = unit;
  let byLearning = 0;
  let byDecay = 0;
  let byGain = 0;
  let byDirection = 0;
  let byScale = 0;
  for (let j = 0; j < u.length; j++) {
    byLearning += learned[j]! * u[j]!;
    byDecay += decayed[j]! * u[j]!;
    byGain += bar[j]! * gain[j]!;
    byDirection += bar[j]! * direction[j]!;
    byScale += bar[j]! * scale[j]!;
  }
  parts[0]! += byLearning;
  parts[1]! += byDecay;
  parts[2]! += unit.bias;
  parts[3]! += byGain;
  parts[4]! += unit.shift;
  parts[5]! += byDirection;
  parts[6]! += byScale;
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

function piecesLike(length: number): Pieces {
  const make = () => new Float64Array(length);
  return { u0: make(), u: make(), gain: make(), direction: make(), scale: make() };
}

/** Means of pieces over all tokens. */
function meanPieces(from: LayerSnapshot, to: LayerSnapshot, norm: Norm): Pieces {
  const d = from.gain.length;
  const n = from.x.length / d;
  const [means, row] = [piecesLike(d), piecesLike(d)];
  for (let t = 0; t < n; t++) {
    fillRow(row, from, to, norm, t);
    for (let j = 0; j < d; j++) {
      means.u0[j]! += row.u0[j]! / n;
      means.u[j]! += row.u[j]! / n;
      means.gain[j]! += row.gain[j]! / n;
      means.direction[j]! += row.direction[j]! / n;
      means.scale[j]! += row.scale[j]! / n;
    }
  }
  return means;
}

/** Pieces of token `t`, into `pieces`. */
function fillRow(pieces: Pieces, from: LayerSnapshot, to: LayerSnapshot, norm: Norm, t: number): void {
  const { u0, u, gain, direction, scale } = pieces;
  const d = from.gain.length;
  const a = statisticsOf(from.x, t * d, d, norm);
  const b = statisticsOf(to.x, t * d, d, norm);
  for (let j = 0, x = t * d; j < d; j++, x++) {
    const c0 = from.x[x]! - a.centre;
    const c1 = to.x[x]! - b.centre;
    const n0 = c0 * a.inverse;
    const n1 = c1 * b.inverse;
    const g0 = from.gain[j]!;
    const g1 = to.gain[j]!;
    const g = (g0 + g1) / 2;
    u0[j] = g0 * n0 + from.shift[j]!;
    u[j] = (u0[j]! + g1 * n1 + to.shift[j]!) / 2;
    gain[j] = ((g1 - g0) * (n0 + n1)) / 2;
    direction[j] = (g * (c1 - c0) * (a.inverse + b.inverse)) / 2;
    scale[j] = (g * (c0 + c1) * (b.inverse - a.inverse)) / 2;
  }
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
