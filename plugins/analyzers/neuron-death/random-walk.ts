/** Would a random walk have brought as many units to silence, and what would selecting those that died make of their drift? */
import type { Random } from "../../../core/arrays/random.ts";
import { mean, quantile, sorted } from "../../../statistics/moments.ts";
import { groupsByScore } from "../../../statistics/overlap.ts";
import type { Look } from "./course.ts";

/** What a walk is made from: looks, oldest first. */
export type WalkLook = Pick<Look, "zmax" | "zmean" | "active">;

/** Deaths seen beside those of walks with the same steps and random signs. */
export interface WalkReport {
  /** Units above zero at the first look that came to zero or below, and mean number over walks. */
  readonly observed: number;
  readonly expected: number;
  /** observed / expected; NaN where no walk has a death. With its 95 % range: observed over the quantiles of walks. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Share of walks, the one seen included, with as many deaths. */
  readonly p: number;
  /** Drift of the mean pre-activation of walks' dead minus that of their matched survivors, mean over walks' dead. */
  readonly excess: number;
  /** Deaths over all walks: the weight of `excess`. */
  readonly walkDeaths: number;
}

/**
 * Conditioning on death makes any walk look like drift; counting deaths does not, and doing the same to walks shows how much it
 * makes. Each walk draws one sign for each step, the same for all units: what units have in common (a moving residual stream) moves
 * them together in walks as in training, so that `p` is exact if steps are as likely down as up.
 */
export function randomWalk(looks: readonly WalkLook[], random: Random, draws: number): WalkReport {
  const first = looks[0]!;
  const units = [...first.zmax.keys()].filter((i) => first.zmax[i]! > 0);
  const groups = groupsByScore(units, (i) => first.active[i]!, 10);
  const observed = units.filter((i) => looks.some(({ zmax }) => zmax[i]! <= 0)).length;
  const counts: number[] = [];
  let [excess, dead] = [0, 0];
  for (let draw = 0; draw < draws; draw++) {
    const signs = looks.slice(1).map(() => (random.next() < 0.5 ? 1 : -1));
    let deaths = 0;
    for (const group of groups) {
      const drifts = { dead: [] as number[], alive: [] as number[] };
      for (const i of group) {
        const { died, drift } = walked(looks, signs, i);
        drifts[died ? "dead" : "alive"].push(drift);
      }
      deaths += drifts.dead.length;
      if (drifts.dead.length === 0 || drifts.alive.length === 0) continue;
      excess += drifts.dead.length * (mean(drifts.dead) - mean(drifts.alive));
      dead += drifts.dead.length;
    }
    counts.push(deaths);
  }
  const expected = mean(counts);
  const rising = sorted(counts);
  const over = (count: number) => (observed === 0 && count === 0 ? Number.NaN : observed / count);
  return {
    observed,
    expected,
    ratio: expected === 0 ? Number.NaN : observed / expected,
    low: over(quantile(rising, 0.975)),
    high: over(quantile(rising, 0.025)),
    p: (1 + counts.filter((count) => count >= observed).length) / (draws + 1),
    excess: excess / dead,
    walkDeaths: dead,
  };
}

/** One unit's steps with other signs: whether it comes to zero, and how far its mean pre-activation gets until then. */
function walked(looks: readonly WalkLook[], signs: readonly number[], unit: number): { died: boolean; drift: number } {
  let level = looks[0]!.zmax[unit]!;
  let drift = 0;
  for (let s = 1; s < looks.length; s++) {
    const [before, now] = [looks[s - 1]!, looks[s]!];
    level += signs[s - 1]! * (now.zmax[unit]! - before.zmax[unit]!);
    drift += signs[s - 1]! * (now.zmean[unit]! - before.zmean[unit]!);
    if (level <= 0) return { died: true, drift };
  }
  return { died: false, drift };
}
