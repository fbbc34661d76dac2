/** Questions to the server, and its live news. */

import type { DeclaredChart } from "../../core/contract/chart.ts";
import type { ArrayTable, EventList, RunChange, RunDetail, RunList, RunSeries } from "../api.ts";
import type { Axis } from "../series/axes.ts";

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

/** The named metrics of a run over part of an axis. */
export function askSeries(
  id: string,
  keys: readonly string[],
  window: { readonly axis: Axis; readonly points: number; readonly from?: number; readonly to?: number },
): Promise<RunSeries> {
  const query = new URLSearchParams({ axis: window.axis, points: String(Math.round(window.points)) });
  if (window.from !== undefined) query.set("from", String(window.from));
  if (window.to !== undefined) query.set("to", String(window.to));
  for (const key of keys) query.append("key", key);
  return ask(`${run(id)}/series?${query}`);
}

/** The arrays that a chart is made of. */
export function askArrays(id: string, { section, only, steps }: DeclaredChart): Promise<ArrayTable> {
  const query = new URLSearchParams({ section, steps: steps ?? "all" });
  for (const metric of only ?? []) query.append("only", metric);
  return ask(`${run(id)}/arrays?${query}`);
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
