/** The life of one unit: its element of every array metric that has one a unit, over steps, and the events that name it. */
import type { RunEvent } from "../core/contract/sink.ts";
import { arraySteps, readArrays } from "../core/record/arrays.ts";
import { readRunFile } from "../core/record/run-file.ts";
import { parseKey } from "./charts/metric-key.ts";
import { evenly } from "./tables.ts";

export interface UnitRecord {
  readonly layer: number;
  readonly unit: number;
  /** Units in a layer, and layers. */
  readonly units: number;
  readonly layers: number;
  /** By metric (without layer; of a matrix with its row): the unit's value at each step that has one. Non-finite ones are left out. */
  readonly series: Readonly<Record<string, readonly { readonly step: number; readonly value: number }[]>>;
  readonly events: readonly RunEvent[];
}

/** Files of arrays that are read for one unit at most, evenly over the run. */
const mostFiles = 400;

export async function unitRecord(
  dir: string,
  events: readonly RunEvent[],
  layer: number,
  unit: number,
): Promise<UnitRecord> {
  const { d_mlp: units, n_layers: layers } = readRunFile(dir).model;
  const series: Record<string, { step: number; value: number }[]> = Object.create(null);
  for (const step of evenly(await arraySteps(dir), mostFiles)) {
    let arrays: ReturnType<typeof readArrays>;
    try {
      arrays = readArrays(dir, step);
    } catch {
      continue; // A file that cannot be read is told where arrays are shown; the others still say something.
    }
    for (const [key, { shape, data }] of Object.entries(arrays)) {
      const { section, metric, layer: of } = parseKey(key);
      if (of !== layer || shape.at(-1) !== units || !(unit >= 0 && unit < units)) continue;
      const rows = data.length / units;
      for (let row = 0; row < Math.min(rows, 8); row++) {
        const value = data[row * units + unit]!;
        const name = `${section}/${metric}${rows > 1 ? ` [${row}]` : ""}`;
        series[name] ??= [];
        if (Number.isFinite(value)) series[name].push({ step, value: Number(value) });
      }
    }
  }
  return { layer, unit, units, layers, series, events: events.filter(({ data }) => names(data, layer, unit)) };
}

/** Whether an event's data is of this unit: it names its layer, and the unit itself or a list that holds it. */
function names(data: Readonly<Record<string, unknown>>, layer: number, unit: number): boolean {
  if (data.layer !== layer) return false;
  return ["unit", "neuron", "units", "neurons"].some((name) => {
    const value = data[name];
    return value === unit || (Array.isArray(value) && value.includes(unit));
  });
}
