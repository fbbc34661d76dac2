/** The last value of every metric of a run. */
import { mostMetrics } from "./bounds.ts";
import { type Holes, noteRow } from "./holes.ts";
import { type Damage, readRowBatches } from "./reader.ts";

/** A metric's last value and the step it is of: analyzers that look now and then are behind the last row. */
export interface LastValue {
  readonly value: number;
  readonly step: number;
}

/** By key, in the order in which the keys first appear, `mostMetrics` of them at most. Lines that cannot be read are counted in `damage`, rows that are missing noted in `holes`. */
export async function lastValues(
  dir: string,
  damage: Damage = { lines: 0, torn: false },
  holes?: Holes,
): Promise<ReadonlyMap<string, LastValue>> {
  const last = new Map<string, LastValue>();
  for await (const batch of readRowBatches(dir, damage)) {
    for (const row of batch) {
      if (holes) noteRow(holes, row);
      const { step, metrics } = row;
      for (const key in metrics) {
        if (last.size < mostMetrics || last.has(key)) last.set(key, { value: metrics[key]!, step });
      }
    }
  }
  return last;
}
