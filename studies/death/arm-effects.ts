/** What changes do to deaths: forks with one thing changed beside plain ones of the same checkpoint and data order. */
import { type Estimate, jackknifeRatio } from "../../statistics/jackknife.ts";
import { deathsIn, type Evidence, type ForkLook, looksOf, type Point } from "./evidence.ts";

/** Deaths at one checkpoint over the data orders that both arms have, and in how many of those. */
export interface PairedDeaths {
  readonly treated: number;
  readonly plain: number;
  readonly orders: number;
}

/** One arm beside the plain one. */
export interface ArmEffect {
  readonly arm: string;
  readonly points: readonly PairedDeaths[];
  /** Deaths over those of plain forks, 95 % interval over checkpoints. */
  readonly ratio: Estimate;
  /** Share of updates left out over all forks; undefined for arms that leave none out. */
  readonly skipped?: number;
}

/** Layer that an arm's deaths are counted in: what is held upstream of a layer says nothing of others. */
export function layerOf(arm: string): number | undefined {
  const digits = /^hold-(?:layer|upstream)-(\d+)$/.exec(arm)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** An arm after `steps` beside plain forks after `plainSteps`. */
export function armEffect({ points }: Evidence, arm: string, steps: number, plainSteps = steps): ArmEffect {
  const layer = layerOf(arm);
  const skips: number[] = [];
  const paired = points.flatMap((point) => {
    const [looks, plain] = [looksOf(point, arm, steps), looksOf(point, "plain", plainSteps)];
    if (looks === undefined || plain === undefined) return [];
    if (looks.skipped !== undefined) skips.push(looks.skipped);
    const pairs = looks.forks.flatMap((fork) => {
      const other = plain.forks.find(({ order }) => order === fork.order);
      return other === undefined ? [] : [[fork, other] as const];
    });
    return pairs.length === 0 ? [] : [pairedDeaths(point, pairs, layer)];
  });
  const ratio = jackknifeRatio(
    paired.map(({ treated }) => treated),
    paired.map(({ plain }) => plain),
  );
  const skipped = skips.length === 0 ? {} : { skipped: skips.reduce((sum, one) => sum + one, 0) / skips.length };
  return { arm, points: paired, ratio, ...skipped };
}

function pairedDeaths(point: Point, pairs: readonly (readonly [ForkLook, ForkLook])[], layer: number | undefined) {
  let [treated, plain] = [0, 0];
  for (const [fork, other] of pairs) {
    treated += deathsIn(point, fork, layer);
    plain += deathsIn(point, other, layer);
  }
  return { treated, plain, orders: pairs.length };
}
