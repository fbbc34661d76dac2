/** How many units have each count: all that unions, frequencies and concentrations depend on. */

/** `tally[c]` = units with count `c`; as long as the largest count that can occur, plus one. */
export type Tally = Float64Array;

/** Tallies counts that are at most `most`. */
export function tallyOf(counts: ArrayLike<number>, most: number): Tally {
  // Two tables in turn: an addition to a place does not wait for the one before it to the same place.
  const [even, odd] = [new Int32Array(most + 1), new Int32Array(most + 1)];
  const pairs = counts.length - (counts.length % 2);
  for (let i = 0; i < pairs; i += 2) {
    even[counts[i]!]!++;
    odd[counts[i + 1]!]!++;
  }
  if (pairs < counts.length) even[counts[pairs]!]!++;
  const tally = new Float64Array(most + 1);
  for (let c = 0; c <= most; c++) tally[c] = even[c]! + odd[c]!;
  return tally;
}

/** The counts that were tallied, in rising order. */
export function risingOf(tally: Tally): Float64Array {
  const rising = new Float64Array(unitsIn(tally));
  let from = 0;
  for (let c = 0; c < tally.length; c++) {
    const to = from + tally[c]!;
    if (to > from) rising.fill(c, from, to);
    from = to;
  }
  return rising;
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
