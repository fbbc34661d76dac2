/**
 * Rarefaction (Hurlbert 1971, Ecology 52): the expected size of the union of `n` samples drawn without replacement
 * from the `N` that were seen. Exact, without subsampling.
 */
import { type Tally, unitsIn } from "./tally.ts";

/**
 * `absence[c]`: the chance that `drawn` of `total` samples miss all `c` that hold a unit, `C(N - c, n) / C(N, n)`, made by its
 * recurrence over c (relative error at most c roundings; no factorials).
 */
export function absences(total: number, drawn: number, most: number): Float64Array {
  const absence = new Float64Array(most + 1);
  absence[0] = 1;
  for (let c = 0; c < most && c < total - drawn; c++)
    absence[c + 1] = absence[c]! * ((total - drawn - c) / (total - c));
  return absence;
}

/** Less than half a unit in the last place. */
const negligible = 2 ** -54;

/** Expected share of units in the union of `drawn` of `total` samples: `U(n) = 1/F sum_i [1 - C(N - c_i, n)/C(N, n)]`. */
export function expectedUnion(tally: Tally, total: number, drawn: number): number {
  const units = unitsIn(tally);
  let [missing, absence] = [0, 1]; // as \`absences\` has it, term by term
  for (let c = 0; c < tally.length; c++) {
    missing += tally[c]! * absence;
    absence = c < total - drawn ? absence * ((total - drawn - c) / (total - c)) : 0;
    if (units * absence < missing * negligible) break; // added to \`missing\`, what is left would be rounded away
  }
  return (units - missing) / units;
}

/** The fewest samples whose expected union reaches `share` of the union of all; NaN where nothing ever fires. */
export function samplesFor(tally: Tally, total: number, share: number): number {
  const goal = share * expectedUnion(tally, total, total);
  if (goal === 0) return Number.NaN;
  let low = 0;
  let high = total;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (expectedUnion(tally, total, middle) >= goal * (1 - 1e-12)) high = middle;
    else low = middle;
  }
  return high;
}
