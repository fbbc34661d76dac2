/**
 * Why a pre-activation moved between two looks at the same tokens. With `c = x - mean(x)` (RMSNorm: x), `r = 1/sqrt(var + eps)`,
 * `n = c r`, `u = g n + beta`, `z = W u + b`, and bars for the mean of both ends, the product rule gives exactly
 * `dz = dW.ubar + db + Wbar.(dg nbar) + Wbar.dbeta + Wbar.(gbar dc rbar) + Wbar.(gbar cbar dr)`
 * and dW splits once more into what weight decay alone did, `(rho - 1) W0`, and the rest. W does not depend on the token, so
 * means over tokens need only means of these vectors.
 */

import { firingTokens } from "./firing-tokens.ts";
import { type LayerSnapshot, type Norm, type Tokens, tokensOf } from "./snapshot.ts";

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

/**
 * Sums over tokens of `r0 x0`, `r1 x1`, `r1 x0` and `r0 x1`, `[d_model 4]`, from which all that depends on tokens follows. One array,
 * since loops over several are several times as slow.
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
   * Parts of the units that were asked for, each over the tokens that fired it at the first look, or 16 of them from all over
   * the text; NaN where none did.
   */
  readonly own: readonly Float64Array[];
}

/** Most tokens that a unit's own parts are means over: units differ by far more than means of so many tokens. */
const mostOwnTokens = 16;

/** A unit whose own parts are asked for, and how many tokens fired it at the first look, where that is known. */
export interface Asked {
  readonly unit: number;
  readonly fired?: number;
}

/** Compares two looks. `keep` is the product over the steps between of `1 - lr weight_decay`. */
export function driftBetween(
  from: LayerSnapshot,
  to: LayerSnapshot,
  norm: Norm,
  keep: number,
  ownOf: readonly Asked[] = [],
): Drift {
  const d = from.gain.length;
  const n = from.x.length / d;
  const units = from.bias.length;
  const ends = { from, to, keep, before: tokensOf(from, norm), after: tokensOf(to, norm) };
  const everyToken = Array.from({ length: n }, (_, t) => t);
  const all = new Float64Array(units * driftParts.length);
  const change = new Float64Array(units);
  partsOf(ends, [0, units], piecesOf(ends, everyToken), all, change);
  const own = ownOf.map(({ unit, fired = n }) => {
    const parts = new Float64Array(driftParts.length);
    const tokens = firingTokens(from, ends.before, unit, Math.min(fired, mostOwnTokens));
    partsOf(ends, [unit, unit + 1], piecesOf(ends, tokens), parts, new Float64Array(1));
    return parts;
  });
  return { all, change, own };
}

/** Units from the first to before the second. */
type Range = readonly [number, number];

interface Ends {
  readonly from: LayerSnapshot;
  readonly to: LayerSnapshot;
  readonly keep: number;
  readonly before: Tokens;
  readonly after: Tokens;
}

/** Products of one unit's weights at either end with the pieces: z at either end, and what its parts are made of. */
const inProducts = 8;

/** Adds what one input gives to the products of units in a row, whose weights lie from `from` on. */
function addInput(
  products: Float64Array,
  before: Float32Array,
  after: Float32Array,
  from: number,
  pieces: Pieces,
  piece: number,
): void {
  const u0 = pieces[piece]!;
  const u1 = pieces[piece + 1]!;
  const u = pieces[piece + 2]!;
  const gain = pieces[piece + 3]!;
  const shift = pieces[piece + 4]!;
  const direction = pieces[piece + 5]!;
  const scale = pieces[piece + 6]!;
  for (let w = from, at = 0; at < products.length; w++, at += inProducts) {
    const w0 = before[w]!;
    const w1 = after[w]!;
    const both = w0 + w1;
    products[at]! += w0 * u0;
    products[at + 1]! += w1 * u1;
    products[at + 2]! += w0 * u;
    products[at + 3]! += w1 * u;
    products[at + 4]! += both * gain;
    products[at + 5]! += both * shift;
    products[at + 6]! += both * direction;
    products[at + 7]! += both * scale;
  }
}

/**
 * Writes the parts of units `first` to `last` to `out` and the changes that they are parts of to `change`. The weights are read as
 * they lie, a row an input, with the products of all units beside each other: a unit at a time is several times as slow.
 */
function partsOf(
  { from, to, keep }: Ends,
  [first, last]: Range,
  pieces: Pieces,
  out: Float64Array,
  change: Float64Array,
) {
  const [before, after] = [from.weights, to.weights];
  const [d, units] = [from.gain.length, from.bias.length];
  const products = new Float64Array((last - first) * inProducts);
  for (let j = 0; j < d; j++) addInput(products, before, after, j * units + first, pieces, j * inPieces);
  for (let unit = first, at = 0, part = 0; unit < last; unit++, at += inProducts, part += driftParts.length) {
    const bias = to.bias[unit]! - from.bias[unit]!;
    const old = products[at + 2]!;
    out[part] = products[at + 3]! - keep * old;
    out[part + 1] = (keep - 1) * old;
    out[part + 2] = bias;
    for (let k = 4; k < inProducts; k++) out[part + k - 1] = products[at + k]! / 2;
    change[unit - first] = products[at + 1]! - products[at]! + bias;
  }
}

/** Adds one token's share, whose rows begin at `x`. */
function addToken(sums: Sums, x0: Float32Array, x1: Float32Array, x: number, r0: number, r1: number): void {
  for (let j = x, at = 0; at < sums.length; j++, at += inSums) {
    const a = x0[j]!;
    const b = x1[j]!;
    sums[at]! += r0 * a;
    sums[at + 1]! += r1 * b;
    sums[at + 2]! += r1 * a;
    sums[at + 3]! += r0 * b;
  }
}

/** The pieces, means over some tokens. */
function piecesOf({ from, to, before, after }: Ends, tokens: readonly number[]): Pieces {
  const d = from.gain.length;
  const sums: Sums = new Float64Array(d * inSums);
  let [m0, m1, m10, m01] = [0, 0, 0, 0]; // the same sums of centres
  for (let k = 0; k < tokens.length; k++) {
    const t = tokens[k]!;
    const r0 = before.inverse[t]!;
    const r1 = after.inverse[t]!;
    addToken(sums, from.x, to.x, t * d, r0, r1);
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
