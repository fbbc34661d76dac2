/** One number a run of a metric: its last, smallest, largest, or its value at a step; kept while the run's rows do not change. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { files, type StoredRow } from "../core/record/format.ts";
import { parseRow } from "../core/record/lines.ts";
import { readRowBatches } from "../core/record/reader.ts";
import { linesBackwards } from "../core/record/tail.ts";
import { familyOf } from "./charts/metric-key.ts";

export const reductions = ["last", "min", "max", "at"] as const;
export type Reduction = (typeof reductions)[number];

export interface ColumnQuestion {
  /** A metric's key; without its layer: the mean over layers. */
  readonly metric: string;
  readonly of: Reduction;
  /** For `at`: the value of the newest measurement up to this step. */
  readonly step: number;
}

/** By run id; a run without the metric is left out. Numbers that are not finite are spelled. */
export type ColumnValues = Readonly<Record<string, number | string>>;

/** Lines from the end among which the last value of a metric is looked for first. */
const tailLines = 64;
const mostColumns = 64;

export class Columns {
  private readonly kept = new Map<string, Map<string, { stamp: string; value: number | undefined }>>();

  /** The column over these runs, by id and directory. */
  async read(runs: readonly (readonly [string, string])[], question: ColumnQuestion): Promise<ColumnValues> {
    const name = JSON.stringify(question);
    const column = this.kept.get(name) ?? new Map();
    this.kept.delete(name);
    this.kept.set(name, column);
    if (this.kept.size > mostColumns) this.kept.delete(this.kept.keys().next().value!);
    const values: Record<string, number | string> = {};
    for (const [id, dir] of runs) {
      const stamp = stampOf(dir);
      let known = column.get(id);
      if (known?.stamp !== stamp) {
        known = { stamp, value: await readValue(dir, question).catch(() => undefined) };
        column.set(id, known);
      }
      if (known.value !== undefined) values[id] = Number.isFinite(known.value) ? known.value : String(known.value);
    }
    return values;
  }
}

async function readValue(dir: string, { metric, of, step }: ColumnQuestion): Promise<number | undefined> {
  if (of === "last") {
    let lines = 0;
    for (const line of linesBackwards(join(dir, files.rows))) {
      const value = inRow(parseRow(line), metric);
      if (value !== undefined) return value;
      if (++lines >= tailLines) break;
    }
  }
  let found: number | undefined;
  for await (const batch of readRowBatches(dir)) {
    for (const row of batch) {
      const value = of === "at" && row.step > step ? undefined : inRow(row, metric);
      if (value === undefined) continue;
      if (of === "last" || of === "at" || found === undefined) found = value;
      else if (of === "min" ? value < found : value > found) found = value;
    }
  }
  return found;
}

/** A metric of a row; named without its layer, the mean over the layers that it has. */
function inRow(row: StoredRow | undefined, metric: string): number | undefined {
  if (!row) return undefined;
  const own = row.metrics[metric];
  if (own !== undefined) return own;
  let [sum, count] = [0, 0];
  for (const key in row.metrics) {
    if (!key.startsWith(metric) || familyOf(key) !== metric) continue;
    sum += row.metrics[key]!;
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

function stampOf(dir: string): string {
  const stat = statSync(join(dir, files.rows), { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : "-";
}
