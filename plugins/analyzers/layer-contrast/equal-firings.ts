/** The control for "it is only activity": unions at equal numbers of firings. */
import { median } from "../../../statistics/moments.ts";
import { absences } from "../../../statistics/rarefaction.ts";
import type { UnitFirings } from "../unit-counts.ts";

/**
 * Expected use_batch of each layer when as many of its firings are drawn, without replacement, as the least active layer has:
 * `1/F sum_i [1 - C(M - c_i, m)/C(M, m)]`, M the layer's firings. If layers no longer differ, their contrast was activity.
 */
export function useAtEqualFirings(layers: readonly UnitFirings[]): number[] {
  const totals = layers.map(({ perUnit }) => perUnit.reduce((sum, count) => sum + count, 0));
  const least = Math.min(...totals);
  return layers.map(({ perUnit, units }, layer) => {
    let most = 0;
    for (let i = 0; i < units; i++) if (perUnit[i]! > most) most = perUnit[i]!;
    const absence = absences(totals[layer]!, least, most);
    let missing = 0;
    for (let i = 0; i < units; i++) missing += absence[perUnit[i]!]!;
    return 1 - missing / units;
  });
}

/**
 * Median over used units of `q_i / min(B, c_i)`: sequences that hold the unit over the most that could. 1: firings are spread as
 * widely as can be; low: each unit keeps to few sequences.
 */
export function sequenceSpread({ perUnit, sequences, batch, units }: UnitFirings): number {
  const spreads = new Float64Array(units);
  let used = 0;
  for (let i = 0; i < units; i++) if (perUnit[i]! > 0) spreads[used++] = sequences[i]! / Math.min(batch, perUnit[i]!);
  return median(spreads.subarray(0, used));
}
