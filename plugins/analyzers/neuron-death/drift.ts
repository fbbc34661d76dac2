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
  /** 1 where a token fires a unit, `[n units]`. */
  readonly fires: Uint8Array;
}

/** The model's norm before the MLP. */
export type Norm = Pick<Normalisation, "kind" | "epsilon">;

/** Vectors over d_model whose products with W are the parts, of one token or summed over several; each `[d_model]`. */
interface Pieces {
  /** u at either end, and their mean. */
  readonly u0: Float64Array;
  readonly u1: Float64Array;
  readonly u: Float64Array;
  /** `dg nbar`, `gbar dc rbar` and `gbar cbar dr`. */
  readonly gain: Float64Array;
  readonly direction: Float64Array;
  readonly scale: Float64Array;
}

/** What moved the units between two looks. */
export interface Drift {
  /** Parts of the change of every unit's mean pre-activation over all tokens, `[units parts]`, in the order of `driftParts`. */
  readonly all: Float64Array;
  /** That change, from `z = W u + b` at either end alone, `[units]`: what the parts must add up to. */
  readonly change: Float64Array;
  /** Parts of the units that were asked for, each over the tokens that fired it at the first look; NaN where none did. */
  readonly own: readonly Float64Array[];
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
  const [means, row] = [piecesLike(d), piecesLike(d)];
  const owned = ownOf.map((unit) => ({ unit, tokens: 0, pieces: piecesLike(d) }));
  for (let t = 0; t < n; t++) {
    fillRow(row, means, from, to, norm, t);
    for (const one of owned) {
      if (from.fires[t * units + one.unit] === 0) continue;
      add(one.pieces, row);
      one.tokens++;
    }
  }
  scale(means, 1 / n);
  const ends = { from, to, keep, shifted: Float64Array.from(to.shift, (shift, j) => shift - from.shift[j]!) };
  const all = new Float64Array(units * driftParts.length);
  const change = new Float64Array(units);
  for (let i = 0; i < units; i++) change[i] = partsOf(ends, i, means, all, i * driftParts.length);
  const own = owned.map(({ unit, tokens, pieces }) => {
    const parts = new Float64Array(driftParts.length);
    scale(pieces, 1 / tokens);
    partsOf(ends, unit, pieces, parts, 0);
    return parts;
  });
  return { all, change, own };
}

interface Ends {
  readonly from: LayerSnapshot;
  readonly to: LayerSnapshot;
  readonly keep: number;
  /** The change of the norm's shift. */
  readonly shifted: Float64Array;
}

/** Writes one unit's parts to `out` from `at` on; returns the change that they are parts of. */
function partsOf(
  { from, to, keep, shifted }: Ends,
  unit: number,
  pieces: Pieces,
  out: Float64Array,
  at: number,
): number {
  const { u0, u1, u, gain, direction, scale } = pieces;
  const d = u.length;
  const start = unit * d;
  const [before, after] = [from.weights, to.weights];
  let [old, learned, byGain, byShift, byDirection, byScale, z0, z1] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let j = 0; j < d; j++) {
    const w0 = before[start + j]!;
    const w1 = after[start + j]!;
    const both = w0 + w1;
    old += w0 * u[j]!;
    learned += w1 * u[j]!;
    byGain += both * gain[j]!;
    byShift += both * shifted[j]!;
    byDirection += both * direction[j]!;
    byScale += both * scale[j]!;
    z0 += w0 * u0[j]!;
    z1 += w1 * u1[j]!;
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

function piecesLike(length: number): Pieces {
  const make = () => new Float64Array(length);
  return { u0: make(), u1: make(), u: make(), gain: make(), direction: make(), scale: make() };
}

function add(sums: Pieces, row: Pieces): void {
  for (let j = 0; j < sums.u.length; j++) {
    sums.u0[j]! += row.u0[j]!;
    sums.u1[j]! += row.u1[j]!;
    sums.u[j]! += row.u[j]!;
    sums.gain[j]! += row.gain[j]!;
    sums.direction[j]! += row.direction[j]!;
    sums.scale[j]! += row.scale[j]!;
  }
}

function scale(sums: Pieces, factor: number): void {
  for (const sum of Object.values(sums) as Float64Array[]) for (let j = 0; j < sum.length; j++) sum[j]! *= factor;
}

/** Pieces of token `t`, into `row` and added to `sums`. */
function fillRow(row: Pieces, sums: Pieces, from: LayerSnapshot, to: LayerSnapshot, norm: Norm, t: number): void {
  const { u0, u1, u, gain, direction, scale } = row;
  const [sum0, sum1, sum, ofGain, ofDirection, ofScale] = [
    sums.u0,
    sums.u1,
    sums.u,
    sums.gain,
    sums.direction,
    sums.scale,
  ];
  const d = from.gain.length;
  const a = statisticsOf(from.x, t * d, d, norm);
  const b = statisticsOf(to.x, t * d, d, norm);
  const [x0, x1, gain0, gain1, shift0, shift1] = [from.x, to.x, from.gain, to.gain, from.shift, to.shift];
  for (let j = 0, x = t * d; j < d; j++, x++) {
    const c0 = x0[x]! - a.centre;
    const c1 = x1[x]! - b.centre;
    const n0 = c0 * a.inverse;
    const n1 = c1 * b.inverse;
    const g0 = gain0[j]!;
    const g1 = gain1[j]!;
    const g = (g0 + g1) / 2;
    const [before, after] = [g0 * n0 + shift0[j]!, g1 * n1 + shift1[j]!];
    sum0[j]! += u0[j] = before;
    sum1[j]! += u1[j] = after;
    sum[j]! += u[j] = (before + after) / 2;
    ofGain[j]! += gain[j] = ((g1 - g0) * (n0 + n1)) / 2;
    ofDirection[j]! += direction[j] = (g * (c1 - c0) * (a.inverse + b.inverse)) / 2;
    ofScale[j]! += scale[j] = (g * (c0 + c1) * (b.inverse - a.inverse)) / 2;
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
