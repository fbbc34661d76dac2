/** How unequally firings are spread over units. */
import { type Tally, totalOf, unitsIn } from "./tally.ts";

/**
 * The smallest share of units that gives `share` of all firings, the last unit counted by the part of it that is needed (so
 * that it moves with the counts, and its jackknife error means something); NaN where nothing fires.
 */
export function unitsForShare(tally: Tally, share: number): number {
  const total = totalOf(tally);
  if (total === 0) return Number.NaN;
  const goal = share * total;
  let firings = 0;
  let units = 0;
  for (let c = tally.length - 1; c > 0; c--) {
    const level = tally[c]!;
    if (level > 0 && firings + c * level >= goal) return (units + (goal - firings) / c) / unitsIn(tally);
    firings += c * level;
    units += level;
  }
  return 1;
}

/** Gini's coefficient: 0 when all units fire equally often, near 1 when one does it all; NaN where nothing fires. */
export function gini(tally: Tally): number {
  const units = unitsIn(tally);
  let rank = 0;
  let weighted = 0;
  for (let c = 0; c < tally.length; c++) {
    const level = tally[c]!;
    weighted += c * (level * rank + (level * (level + 1)) / 2);
    rank += level;
  }
  return (2 * weighted) / (units * totalOf(tally)) - (units + 1) / units;
}

/** `(sum f)^2 / sum f^2`: how many equally busy units would be as concentrated; NaN where nothing fires. */
export function effectiveUnits(tally: Tally): number {
  let squares = 0;
  for (let c = 1; c < tally.length; c++) squares += c * c * tally[c]!;
  return totalOf(tally) ** 2 / squares;
}
