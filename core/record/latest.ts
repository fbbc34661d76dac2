/** The newest values of a few metrics, read from the end of rows.jsonl: for looking at many runs at once. */
import { join } from "node:path";
import { files } from "./format.ts";
import { parseRow } from "./lines.ts";
import { linesBackwards } from "./tail.ts";

/**
 * For each name, the values of the newest row that has it: of the metric itself, or of all that begin with it and a slash (its
 * layers). Names that no row has are not in the result; a run without rows has none.
 */
export function latestValues(dir: string, names: readonly string[]): Map<string, Readonly<Record<string, number>>> {
  const found = new Map<string, Record<string, number>>();
  let wanted = [...names];
  let superseded = Number.POSITIVE_INFINITY; // rows from this `seq` on were trained again later
  for (const line of linesBackwards(join(dir, files.rows))) {
    const row = parseRow(line);
    if (row === undefined || row.seq >= superseded) continue;
    superseded = row.seq;
    for (const name of wanted) {
      const own = Object.entries(row.metrics).filter(([key]) => key === name || key.startsWith(`${name}/`));
      if (own.length > 0) found.set(name, Object.fromEntries(own));
    }
    wanted = wanted.filter((name) => !found.has(name));
    if (wanted.length === 0) break;
  }
  return found;
}
