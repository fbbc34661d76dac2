/** The life of one unit: its element of every array metric that has one a unit, over steps, and the events that name it. */
import type { Arrays, NDArray } from "../core/arrays/ndarray.ts";
import type { RunEvent } from "../core/contract/sink.ts";
import { openArrays, type StoredArrays } from "../core/record/arrays.ts";
import { readRunFile } from "../core/record/run-file.ts";
import { parseKey, saysEachUnit } from "./charts/metric-key.ts";
import { evenly } from "./tables.ts";
import { type TokenTable, tokenTables } from "./unit-tokens.ts";

export interface UnitRecord {
  readonly layer: number;
  readonly unit: number;
  /** Units in a layer, and layers. */
  readonly units: number;
  readonly layers: number;
  /** By metric (without layer; of a matrix with its row): the unit's value at each step that has one. Non-finite ones are left out. */
  readonly series: Readonly<Record<string, readonly UnitPoint[]>>;
  /** Units of the layer to hold it against, which no event names; see `matchedUnits`. */
  readonly peers: readonly number[];
  readonly events: readonly RunEvent[];
  readonly tokens: readonly TokenTable[];
}

/** A unit's value at a step, and those of its peers; these may be NaN, which JSON makes null. */
export interface UnitPoint {
  readonly step: number;
  readonly value: number;
  readonly peers: readonly (number | null)[];
}

type Values = NDArray["data"];

/** Rows of a matrix that are shown. */
const mostRows = 8;
const mostPeers = 5;

/** Steps whose arrays are read for one unit at most, evenly over the run. */
const mostSteps = 400;

export async function unitRecord(
  dir: string,
  events: readonly RunEvent[],
  layer: number,
  unit: number,
): Promise<UnitRecord> {
  const { model, metrics } = readRunFile(dir);
  const { d_mlp: units, n_layers: layers } = model;
  const series: Record<string, UnitPoint[]> = Object.create(null);
  let peers: readonly number[] | undefined;
  const stored = openArrays(dir);
  const tokens = tokenTables(dir, metrics, layer, unit);
  const ofUnits = new Set(metrics.flatMap(({ key, description }) => (saysEachUnit(description) ? [key] : [])));
  for (const step of evenly(stored.steps, mostSteps)) {
    const arrays = arraysAt(stored, step);
    tokens.add(step, arrays);
    const found = unitArrays(arrays, layer, units, tokens.shows, ofUnits);
    if (found.size === 0 || !(unit >= 0 && unit < units)) continue;
    peers ??= matchedUnits([...found.values()], unit, namedUnits(events, layer));
    for (const [name, values] of found) {
      series[name] ??= [];
      const value = Number(values[unit]);
      if (Number.isFinite(value)) series[name].push({ step, value, peers: peers.map((one) => Number(values[one])) });
    }
  }
  const own = events.filter(({ data }) => data.layer === layer && namesOf(data).includes(unit));
  return { layer, unit, units, layers, series, peers: peers ?? [], events: own, tokens: tokens.tables() };
}

function arraysAt(stored: StoredArrays, step: number): Arrays {
  try {
    return stored.read(step);
  } catch {
    return {}; // What cannot be read is told where arrays are shown; the others still say something.
  }
}

/**
 * Of the arrays of a step those with a value for each unit of a layer, by metric; of a matrix, if its metric is one of `ofUnits`, each
 * row by itself.
 */
function unitArrays(
  arrays: Arrays,
  layer: number,
  units: number,
  elsewhere: (key: string, array: NDArray) => boolean,
  ofUnits: ReadonlySet<string>,
): Map<string, Values> {
  const found = new Map<string, Values>();
  for (const [key, array] of Object.entries(arrays)) {
    const { shape, data } = array;
    const { section, metric, layer: of } = parseKey(key);
    if (of !== layer || shape.at(-1) !== units || elsewhere(key, array)) continue;
    const rows = data.length / units;
    if (rows > 1 && !ofUnits.has(`${section}/${metric}`)) continue;
    for (let row = 0; row < Math.min(rows, mostRows); row++)
      found.set(`${section}/${metric}${rows > 1 ? ` [${row}]` : ""}`, data.subarray(row * units, (row + 1) * units));
  }
  return found;
}

/**
 * Units to hold one against: of those that no event names, the ones whose values stand nearest to its own in rank, over all
 * arrays. In order of nearness.
 */
function matchedUnits(arrays: readonly Values[], unit: number, named: ReadonlySet<number>): number[] {
  const units = arrays[0]!.length;
  const distance = new Float64Array(units);
  for (const values of arrays) {
    const ranks = ranksOf(values);
    for (let one = 0; one < units; one++) distance[one]! += Math.abs(ranks[one]! - ranks[unit]!);
  }
  return Array.from({ length: units }, (_, one) => one)
    .filter((one) => one !== unit && !named.has(one))
    .sort((a, b) => distance[a]! - distance[b]!)
    .slice(0, mostPeers);
}

/** Ranks from 0; equal values share that of the first. What is no number stands before all. */
function ranksOf(all: Values): Float64Array {
  const values = Float64Array.from(all, (value) => (Number.isNaN(value) ? -Infinity : value));
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (const [i, one] of order.entries()) {
    const before = order[i - 1];
    ranks[one] = before !== undefined && values[before] === values[one] ? ranks[before]! : i;
  }
  return ranks;
}

function namedUnits(events: readonly RunEvent[], layer: number): Set<number> {
  return new Set(events.flatMap(({ data }) => (data.layer === layer ? namesOf(data) : [])));
}

/** The units that an event's data names: one, or a list. */
function namesOf(data: Readonly<Record<string, unknown>>): number[] {
  return ["unit", "neuron", "units", "neurons"].flatMap((name) => {
    const value = data[name];
    return (Array.isArray(value) ? value : [value]).filter((one): one is number => typeof one === "number");
  });
}
