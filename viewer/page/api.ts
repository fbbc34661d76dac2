/** Questions to the server, and its live news. */

import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { Labels } from "../../core/record/labels.ts";
import type { ArrayTable, ConsoleLog, EventList, RunChange, RunDetail, RunList, RunSeries } from "../api.ts";
import type { ColumnValues } from "../columns.ts";
import type { Session } from "../edits.ts";
import type { AlignedRuns, ManyDetails, ManyEvents, ManySeries } from "../many/api.ts";
import type { Column } from "../query/columns.ts";
import type { Axis } from "../series/axes.ts";
import type { UnitRecord } from "../units.ts";

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`api/${path}`);
  const value: unknown = await response.json();
  if (!response.ok) throw new Error((value as { error?: string }).error ?? response.statusText);
  return value as T;
}

const run = (id: string) => `runs/${encodeURIComponent(id)}`;

export const askList = () => ask<RunList>("runs");
export const askRun = (id: string) => ask<RunDetail>(run(id));
export const askEvents = (id: string) => ask<EventList>(`${run(id)}/events`);

export const askConsole = (id: string) => ask<ConsoleLog>(`${run(id)}/console`);

/** Part of an axis; elapsed time in ms since 1970 for one run, in hours since each began for many. */
export interface Window {
  readonly axis: Axis;
  readonly points: number;
  readonly from?: number;
  readonly to?: number;
}

/** The named metrics of a run over part of an axis. */
export function askSeries(id: string, keys: readonly string[], window: Window): Promise<RunSeries> {
  return ask(`${run(id)}/series?${question(keys, window)}`);
}

/** The same of several runs in one request. */
export async function askManySeries(ids: readonly string[], keys: readonly string[], window: Window) {
  const found = await ask<ManySeries>(`many/series?${question(keys, window, ids)}`);
  return found.map((one) => one ?? noSeries);
}

/** Several runs on common positions, in `points` bins. */
export function askAligned(ids: readonly string[], keys: readonly string[], window: Window, log: boolean) {
  const query = question(keys, window, ids);
  if (log) query.set("log", "1");
  return ask<AlignedRuns>(`many/aligned?${query}`);
}

/** What each run is, or why it cannot be told. */
export async function askManyRuns(ids: readonly string[]): Promise<readonly (RunDetail | string)[]> {
  const { charts, metrics, runs } = await ask<ManyDetails>(`many/details?${runQuery(ids)}`);
  return runs.map((one) =>
    "error" in one ? one.error : { ...one, charts: charts[one.charts] ?? [], metrics: metrics[one.metrics] ?? [] },
  );
}

export const askManyEvents = (ids: readonly string[]) => ask<ManyEvents>(`many/events?${runQuery(ids)}`);

function runQuery(ids: readonly string[]): URLSearchParams {
  return new URLSearchParams(ids.map((id) => ["run", id]));
}

function question(keys: readonly string[], { axis, points, from, to }: Window, ids: readonly string[] = []) {
  const query = runQuery(ids);
  query.set("axis", axis);
  query.set("points", String(Math.round(points)));
  if (from !== undefined) query.set("from", String(from));
  if (to !== undefined) query.set("to", String(to));
  for (const key of keys) query.append("key", key);
  return query;
}

const noSeries: RunSeries = {
  step: [],
  tokens: [],
  time: [],
  values: {},
  stride: 1,
  latest: {},
  nonFinite: {},
  read: 1,
};

/** The arrays that a chart is made of. */
export function askArrays(id: string, { section, only, steps }: DeclaredChart): Promise<ArrayTable> {
  const query = new URLSearchParams({ section, steps: steps ?? "all" });
  for (const metric of only ?? []) query.append("only", metric);
  return ask(`${run(id)}/arrays?${query}`);
}

/** One number of each run; with `ids`, of these alone. */
export function askColumn({ metric, of, step }: Column, ids: readonly string[] = []): Promise<ColumnValues> {
  const query = runQuery(ids);
  for (const [name, value] of Object.entries({ metric, of, step: String(step) })) query.set(name, value);
  return ask(`column?${query}`);
}

/** Everything on record of one unit of a run. */
export const askUnit = (id: string, layer: number, unit: number) =>
  ask<UnitRecord>(`${run(id)}/unit?layer=${layer}&unit=${unit}`);

/** An array metric at as many steps as can be shown. */
export const askArrayMetric = (id: string, section: string, metric: string) =>
  ask<ArrayTable>(`${run(id)}/arrays?${new URLSearchParams({ section, only: metric, steps: "all" })}`);

export const askSession = () => ask<Session>("session");

/** Changes what people say of a run. */
export const sendLabels = (key: string, id: string, labels: Partial<Labels>) =>
  tell<Labels>(key, `${run(id)}/labels`, labels);
export const sendToTrash = (key: string, id: string) => tell(key, `${run(id)}/trash`, { confirm: id });
export const sendRestore = (key: string, id: string) => tell(key, `trash/${encodeURIComponent(id)}/restore`, {});

async function tell<T>(key: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(`api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-reluscope-key": key },
    body: JSON.stringify(body),
  });
  const value: unknown = await response.json();
  if (!response.ok) throw new Error((value as { error?: string }).error ?? response.statusText);
  return value as T;
}

export interface News {
  readonly run?: (change: RunChange) => void;
  readonly list?: () => void;
  /** Whether the server is there. */
  readonly connected: (yes: boolean) => void;
}

/** Listens until the answer is called. */
export function listen(ids: readonly string[], list: boolean, news: News): () => void {
  const query = new URLSearchParams(list ? { list: "1" } : {});
  for (const id of ids) query.append("run", id);
  const source = new EventSource(`api/live?${query}`);
  source.addEventListener("open", () => news.connected(true));
  source.addEventListener("error", () => news.connected(false));
  source.addEventListener("run", (event) => news.run?.(JSON.parse((event as MessageEvent<string>).data)));
  source.addEventListener("list", () => news.list?.());
  return () => source.close();
}
