/** Survivors that are as busy as the dying: without them, common drift would pass for a cause of death. */
import type { Random } from "../../../core/arrays/random.ts";
import { groupsByScore } from "../../../statistics/overlap.ts";

/** For each dying unit up to `each` survivors of the same decile of firing frequency, drawn without replacement. */
export function matchedSurvivors(
  dying: readonly number[],
  survivors: readonly number[],
  frequency: (unit: number) => number,
  random: Random,
  each = 3,
): number[] {
  if (dying.length === 0) return [];
  const isDying = new Set(dying);
  const deciles = groupsByScore([...dying, ...survivors], frequency, 10);
  return deciles.flatMap((decile) => {
    const pool = decile.filter((unit) => !isDying.has(unit));
    return drawn(pool, Math.min(pool.length, each * (decile.length - pool.length)), random);
  });
}

/** Units in rising order of a score, a count; ties in the order of their numbers. */
export function ranked(units: readonly number[], score: (unit: number) => number): readonly number[] {
  const width = units.reduce((most, unit) => Math.max(most, unit), 0) + 1;
  const keys = Float64Array.from(units, (unit) => score(unit) * width + unit).sort(); // many times as fast as with a function
  return Array.from(keys, (key) => key % width);
}

/** The same as `matchedSurvivors` of one dying unit, from survivors that `ranked` has put in order. */
export function matchedToOne(
  dying: number,
  rising: readonly number[],
  frequency: (unit: number) => number,
  random: Random,
  each = 3,
): number[] {
  const own = frequency(dying);
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rising[middle]!;
    if (frequency(other) < own || (frequency(other) === own && other < dying)) low = middle + 1;
    else high = middle;
  }
  const all = rising.length + 1;
  const edge = (decile: number) => Math.floor((decile * all) / 10);
  let decile = 0;
  while (edge(decile + 1) <= low) decile++;
  const pool = rising.slice(edge(decile), edge(decile + 1) - 1);
  return drawn(pool, Math.min(pool.length, each), random);
}

/** So many of a list, without replacement. */
function drawn(from: readonly number[], count: number, random: Random): number[] {
  const pool = [...from];
  for (let k = 0; k < count; k++) {
    const other = k + random.integer(pool.length - k);
    [pool[k], pool[other]] = [pool[other]!, pool[k]!];
  }
  return pool.slice(0, count);
}
