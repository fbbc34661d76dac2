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
  const groups = groupsByScore(units, (i) => first.active[i]!, 10).map((group) => stepsOf(looks, group));
  const observed = units.filter((i) => looks.some(({ zmax }) => zmax[i]! <= 0)).length;
  const counts: number[] = [];
  let [excess, dead] = [0, 0];
  const signs = new Float64Array(looks.length - 1);
  for (let draw = 0; draw < draws; draw++) {
    for (let s = 0; s < signs.length; s++) signs[s] = random.next() < 0.5 ? 1 : -1;
    let deaths = 0;
    for (const group of groups) {
      const { died, alive, driftOfDead, driftOfAlive } = walked(group, signs);
      deaths += died;
      if (died === 0 || alive === 0) continue;
      excess += died * (driftOfDead / died - driftOfAlive / alive);
      dead += died;
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

/** Where units start, `[units]`, and how far each look brought them: margins and mean pre-activations, `[units steps]`. */
interface Steps {
  readonly start: Float64Array;
  readonly margins: Float64Array;
  readonly means: Float64Array;
}

function stepsOf(looks: readonly WalkLook[], units: readonly number[]): Steps {
  const steps = looks.length - 1;
  const moved = (of: "zmax" | "zmean") => {
    const all = new Float64Array(units.length * steps);
    for (let s = 0; s < steps; s++) {
      const [before, now] = [looks[s]![of], looks[s + 1]![of]];
      for (const [k, unit] of units.entries()) all[k * steps + s] = now[unit]! - before[unit]!;
    }
    return all;
  };
  const start = Float64Array.from(units, (unit) => looks[0]!.zmax[unit]!);
  return { start, margins: moved("zmax"), means: moved("zmean") };
}

/** The units' steps with other signs: how many come to zero, and how far mean pre-activations get until then, summed. */
function walked({ start, margins, means }: Steps, signs: Float64Array) {
  let [died, driftOfDead, driftOfAlive] = [0, 0, 0];
  for (let k = 0, at = 0; k < start.length; k++, at += signs.length) {
    let [level, drift, dies] = [start[k]!, 0, false];
    for (let s = 0; s < signs.length && !dies; s++) {
      level += signs[s]! * margins[at + s]!;
      drift += signs[s]! * means[at + s]!;
      dies = level <= 0;
    }
    if (dies) {
      died++;
      driftOfDead += drift;
    } else driftOfAlive += drift;
  }
  return { died, alive: start.length - died, driftOfDead, driftOfAlive };
}
