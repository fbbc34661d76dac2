/** How many units have each count: all that unions, frequencies and concentrations depend on. */

/** `tally[c]` = units with count `c`; as long as the largest count that can occur, plus one. */
export type Tally = Float64Array;

/** Tallies counts that are at most `most`. */
export function tallyOf(counts: ArrayLike<number>, most: number): Tally {
  const tally = new Float64Array(most + 1);
  for (let i = 0; i < counts.length; i++) tally[counts[i]!]!++;
  return tally;
}

/** The number of units in a tally. */
export function unitsIn(tally: Tally): number {
  let units = 0;
  for (let c = 0; c < tally.length; c++) units += tally[c]!;
  return units;
}

/** The sum of all counts in a tally. */
export function totalOf(tally: Tally): number {
  let total = 0;
  for (let c = 1; c < tally.length; c++) total += c * tally[c]!;
  return total;
}
