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
    const wanted = Math.min(pool.length, each * (decile.length - pool.length));
    for (let k = 0; k < wanted; k++) {
      const other = k + random.integer(pool.length - k);
      [pool[k], pool[other]] = [pool[other]!, pool[k]!];
    }
    return pool.slice(0, wanted);
  });
}
