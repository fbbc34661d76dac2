/** Which units of a layer are followed: all, or where there are more than is cheap a random sample. */
import type { Random } from "../../../core/arrays/random.ts";

/** At most `most` of `units` units, rising, each set of them as likely (Knuth's selection sampling, TAOCP 3.4.2 S). */
export function sampleOf(units: number, most: number, random: Random): number[] {
  const chosen: number[] = [];
  for (let unit = 0; unit < units; unit++) {
    if ((units - unit) * random.next() < most - chosen.length) chosen.push(unit);
  }
  return chosen;
}
