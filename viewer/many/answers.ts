/** Questions about many runs at once, under `/api/many/`: one request where there would be one a run. */

import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { MetricInfo } from "../../core/contract/run.ts";
import { reasonOf } from "../../core/errors/errors.ts";
import type { RunSeries } from "../api.ts";
import type { Library } from "../library.ts";
import { align, edgesOf } from "../series/align.ts";
import type { Window } from "../series/decimate.ts";
import type { Store } from "../series/store.ts";
import type { AlignedRuns, ManyDetails, ManyEvents, ManySeries, PackedDetail } from "./api.ts";

/** Runs that one request may name. */
export const mostRuns = 1000;
/** Events of each run that are sent where many runs are shown. */
const mostEvents = 100;

/** What the runs are. A run that cannot be read has its reason in its place. */
export async function manyDetails(library: Library, ids: readonly string[]): Promise<ManyDetails> {
  const charts = new Interned<readonly DeclaredChart[]>();
  const metrics = new Interned<readonly MetricInfo[]>();
  const runs: ManyDetails["runs"][number][] = [];
  for (const id of ids) {
    try {
      const detail = await library.detail(id);
      if (!detail) runs.push({ id, error: "no such run" });
      else {
        const packed: PackedDetail = {
          ...detail,
          id,
          charts: charts.add(detail.charts),
          metrics: metrics.add(detail.metrics),
        };
        runs.push(packed);
      }
    } catch (thrown) {
      runs.push({ id, error: reasonOf(thrown) });
    }
  }
  return { charts: charts.all, metrics: metrics.all, runs };
}

/** The same metrics of each run over the same window; times are hours since each run began. */
export async function manySeries(
  library: Library,
  ids: readonly string[],
  keys: readonly string[],
  window: Window,
): Promise<ManySeries> {
  const found: (RunSeries | null)[] = [];
  for (const id of ids) found.push(await library.seriesSinceStart(id, keys, window).catch(() => null));
  return found;
}

export interface AlignedQuestion extends Omit<Window, "points"> {
  readonly keys: readonly string[];
  readonly bins: number;
  readonly log: boolean;
}

/** The same metrics of each run on common positions. */
export async function alignedRuns(
  library: Library,
  ids: readonly string[],
  asked: AlignedQuestion,
): Promise<AlignedRuns> {
  const stores: (OpenStore | undefined)[] = [];
  for (const id of ids) stores.push(await library.storeOf(id, asked.keys, asked.axis).catch(() => undefined));
  return alignedStores(stores, asked);
}

/** A run's rows, where its time axis begins, and how much of it has been read. */
export interface OpenStore {
  readonly store: Store;
  readonly origin: number;
  readonly read: number;
}

/** The same of runs that are open already; undefined stands for one that cannot be read. */
export function alignedStores(stores: readonly (OpenStore | undefined)[], asked: AlignedQuestion): AlignedRuns {
  const { axis, keys, bins, log } = asked;
  const unit = axis === "time" ? 3_600_000 : 1;
  const spans = stores.flatMap((one) => (one ? [spanOf(one.store, axis, one.origin)] : []));
  const from = asked.from === undefined ? Math.min(...spans.map(([a]) => a)) : asked.from * unit;
  const to = asked.to === undefined ? Math.max(...spans.map(([, b]) => b)) : asked.to * unit;
  const low = log ? Math.max(from, Math.min(...spans.map(([a]) => Math.max(a, 1)))) : from;
  if (!(low < to) || !Number.isFinite(to))
    return {
      values: stores.map(() => ({})),
      measured: stores.map(() => ({})),
      places: [],
      approximate: false,
      read: 1,
    };
  const rows = Math.max(...stores.map((one) => one?.store.rows ?? 0));
  const edges = edgesOf(low, to, Math.max(2, Math.min(bins, rows)), log);
  const places = new Interned<readonly (number | null)[]>();
  const numbers = (list: Float64Array, per: number) =>
    Array.from(list, (value) => (Number.isNaN(value) ? null : Number((value / per).toPrecision(8))));
  const found = stores.map((one) => {
    const values: Record<string, (number | null)[]> = {};
    const measured: Record<string, number> = {};
    for (const key of one ? keys.filter((name) => one.store.columns.has(name)) : []) {
      const aligned = align(one!.store, key, axis, edges, one!.origin);
      values[key] = numbers(aligned.values, 1);
      measured[key] = places.add(numbers(aligned.places, unit));
    }
    return { values, measured };
  });
  return {
    values: found.map(({ values }) => values),
    measured: found.map(({ measured }) => measured),
    places: places.all,
    approximate: stores.some((one) => one && one.store.block > 1),
    read: Math.min(1, ...stores.map((one) => one?.read ?? 1)),
  };
}

/** What interrupted or warned of each run; the life of units is left to pages of few runs. */
export async function manyEvents(library: Library, ids: readonly string[]): Promise<ManyEvents> {
  const found: ManyEvents[number][] = [];
  for (const id of ids) {
    const { events } = await library.eventList(id).catch(() => ({ events: [] }));
    found.push(events.filter(({ source }) => source === "run").slice(-mostEvents));
  }
  return found;
}

function spanOf(store: Store, axis: Window["axis"], origin: number): [number, number] {
  const { min, max } = store.axis[axis];
  return store.blocks === 0 ? [Infinity, -Infinity] : [min[0]! - origin, max[store.blocks - 1]! - origin];
}

/** Equal values kept once. */
class Interned<T> {
  readonly all: T[] = [];
  private readonly places = new Map<string, number>();

  add(value: T): number {
    const text = JSON.stringify(value);
    const place = this.places.get(text) ?? this.all.push(value) - 1;
    this.places.set(text, place);
    return place;
  }
}
