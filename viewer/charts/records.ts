/** The three tables that a declared chart can ask for, made of what the server sends. */
import type { ArraySlice, EventList, RunSeries } from "../api.ts";
import { parseKey } from "./metric-key.ts";

/** One record of a table. */
export type Fields = Readonly<Record<string, unknown>>;

/** The same records with `hours` since the run began beside their wall clock. */
export function withHours(records: readonly Fields[], createdAt: number): Fields[] {
  return records.map((one) => ({ ...one, hours: ((one.time as number) - createdAt) / 3_600_000 }));
}

/** `{ run, step, tokens, time, metric, layer, value }`, one a number; numbers that are not finite are left out. */
export function scalarRecords(run: string, series: RunSeries, keys: readonly string[]): Fields[] {
  const records: Fields[] = [];
  for (const key of keys) {
    const values = series.values[key];
    if (!values) continue;
    const { metric, layer } = parseKey(key);
    const last = series.stride > 1 ? series.latest[key] : undefined;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const step = series.step[i]!;
      if (value == null || (last && step >= last.step)) continue;
      records.push({ run, step, tokens: series.tokens[i]!, time: series.time[i]!, metric, layer, value });
    }
    // The newest number exactly: charts of "the last step" rely on it.
    if (last) records.push({ run, ...last, metric, layer });
  }
  return records;
}

/** `{ run, step, tokens, metric, layer, row, index, value }`, one an element; `row` is null for vectors. */
export function arrayRecords(run: string, slices: readonly ArraySlice[]): Fields[] {
  const records: Fields[] = [];
  for (const { key, step, tokens, shape, data } of slices) {
    const { metric, layer } = parseKey(key);
    const width = shape.length > 1 ? data.length / shape[0]! : data.length;
    for (let i = 0; i < data.length; i++) {
      const row = shape.length > 1 ? Math.floor(i / width) : null;
      records.push({ run, step, tokens, metric, layer, row, index: i % width, value: number(data[i]!) });
    }
  }
  return records;
}

/** `{ run, step, tokens, time, kind, ...data }`, one an event. */
export function eventRecords(run: string, { events }: EventList, section: string, only?: readonly string[]): Fields[] {
  return events
    .filter((event) => inSection(event.source, section) && (only === undefined || only.includes(event.kind)))
    .map(({ step, tokens, time, kind, data }) => ({ ...data, run, step, tokens, time, kind }));
}

/** Analyzers are named in kebab-case, their sections in snake_case. */
function inSection(source: string, section: string): boolean {
  return source.replaceAll("-", "_") === section;
}

function number(value: number | string): number | null {
  return typeof value === "number" ? value : null;
}
