/** Numbers that one frozen look gives for one layer. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import type { Random } from "../../../core/arrays/random.ts";
import { median } from "../../../statistics/moments.ts";
import type { Interval } from "./attribution.ts";
import { isotropicRate } from "./certificate.ts";
import { varianceRatio } from "./margins.ts";
import { randomWalk, type WalkLook } from "./random-walk.ts";
import type { Norm } from "./snapshot.ts";

/** One layer's per-unit readings. */
export interface UnitReadings {
  readonly zmean: Float32Array;
  readonly zvar: Float32Array;
  readonly active: Int32Array;
  readonly theta: Float32Array;
  /** Cosine of its direction and the mean normalised input. */
  readonly alignment: Float32Array;
}

/** Where units stand: silent ones beside those that fire on the frozen tokens. */
export function standing({ zmean, zvar, active, theta, alignment }: UnitReadings, d_model: number, norm: Norm) {
  const units = active.length;
  const values = () => new Float64Array(units);
  const groups = { thresholds: values(), standardised: values(), alignments: values() };
  // Silent units from the front, firing ones from the back.
  let [silent, firing, certified] = [0, units, 0];
  for (let i = 0; i < units; i++) {
    const place = active[i]! > 0 ? --firing : silent++;
    groups.thresholds[place] = theta[i]!;
    groups.standardised[place] = zmean[i]! / Math.sqrt(zvar[i]! + 1e-30);
    groups.alignments[place] = alignment[i]!;
    if (theta[i]! >= 1) certified++;
  }
  const medianOf = (group: keyof typeof groups, from: number, to: number) => median(groups[group].subarray(from, to));
  const threshold_silent = medianOf("thresholds", 0, silent);
  return {
    frozen_silent: silent / units,
    certified_dead: certified / units,
    threshold_silent,
    isotropic_silent: isotropicRate(threshold_silent, d_model, norm.kind),
    threshold_firing: medianOf("thresholds", firing, units),
    standardised_silent: medianOf("standardised", 0, silent),
    standardised_firing: medianOf("standardised", firing, units),
    alignment_silent: medianOf("alignments", 0, silent),
    alignment_firing: medianOf("alignments", firing, units),
  };
}

const thresholdBins = 40;

/** Units in bins of their firing threshold cosine from -1 to 1 (beyond: the end bins); row 0 silent, row 1 firing. */
export function thresholdHistogram({ active, theta }: UnitReadings): NDArray<Float32Array> {
  const data = new Float32Array(2 * thresholdBins);
  for (let i = 0; i < theta.length; i++) {
    const bin = Math.floor(((theta[i]! + 1) / 2) * thresholdBins);
    const within = Math.min(Math.max(bin, 0), thresholdBins - 1);
    data[(active[i]! > 0 ? thresholdBins : 0) + within]!++;
  }
  return { shape: [2, thresholdBins], data };
}

/** Rows: units that fell silent, matched survivors, both again over the tokens that fired them; columns: drift parts. */
export function driftMatrix({ dying, survivors, dyingOwn, survivorsOwn }: Interval): NDArray<Float32Array> {
  const rows = [dying, survivors, dyingOwn, survivorsOwn];
  return { shape: [4, dying.length], data: Float32Array.from(rows.flatMap((row) => Array.from(row))) };
}

/** Looks that one judgement of random walk against drift takes, and fewest and most walks, and random signs in all, it may draw. */
export const walkLooks = 16;
const [fewestDraws, mostDraws, mostSigns] = [99, 999, 1e6];

/** Directedness, variance ratio and what selection alone makes of drift, over the last looks. */
export function walk(looks: readonly WalkLook[], random: Random) {
  const each = looks[0]!.zmax.length * (looks.length - 1);
  const draws = Math.min(mostDraws, Math.max(fewestDraws, Math.floor(mostSigns / each)));
  const { ratio, low, high, p, excess } = randomWalk(looks, random, draws);
  return {
    directedness: ratio,
    directedness_low: low,
    directedness_high: high,
    directedness_p: p,
    excess_drift_null: excess,
    variance_ratio: varianceRatio(
      looks.map(({ zmax }) => zmax),
      4,
    ),
  };
}
