/** The questions that the page may ask, by path. */
import type { Chart } from "../core/contract/chart.ts";
import { type ColumnQuestion, reductions } from "./columns.ts";
import type { Library } from "./library.ts";
import { alignedRuns, manyDetails, manyEvents, manySeries, mostRuns } from "./many/answers.ts";
import { type Axis, axes } from "./series/axes.ts";
import type { Window } from "./series/decimate.ts";

const mostKeys = 500;
const mostPoints = 10000;

/** The answer to a question under `/api/`; undefined when there is no such question. */
export async function answer(library: Library, url: URL): Promise<unknown> {
  const parts = url.pathname.split("/");
  if (parts[1] === "api" && parts[2] === "many" && parts.length === 4)
    return many(library, parts[3]!, url.searchParams);
  if (url.pathname === "/api/column") return library.column(columnOf(url.searchParams), url.searchParams.getAll("run"));
  if (parts[1] !== "api" || parts[2] !== "runs" || parts.length > 5) return undefined;
  if (parts[3] === undefined) return library.list();
  const id = decoded(parts[3]);
  if (id === undefined) return undefined;
  const query = url.searchParams;
  switch (parts[4]) {
    case undefined:
      return library.detail(id);
    case "series":
      return library.series(id, query.getAll("key").slice(0, mostKeys), windowOf(query));
    case "events":
      return library.eventList(id);
    case "console":
      return library.console(id);
    case "unit":
      return library.unit(id, number(query.get("layer")) ?? 0, number(query.get("unit")) ?? 0);
    case "arrays":
      return library.arrays(id, {
        section: query.get("section") ?? "",
        ...(query.has("only") && { only: query.getAll("only") }),
        steps: (["all", "first-and-last", "last"] as const).find((one) => one === query.get("steps")) ?? "all",
      } satisfies Pick<Chart, "only" | "steps"> & { section: string });
    default:
      return undefined;
  }
}

async function many(library: Library, what: string, query: URLSearchParams): Promise<unknown> {
  const ids = query.getAll("run").slice(0, mostRuns);
  const keys = query.getAll("key").slice(0, mostKeys);
  switch (what) {
    case "details":
      return manyDetails(library, ids);
    case "series":
      return manySeries(library, ids, keys, windowOf(query));
    case "aligned": {
      const { points: bins, ...window } = windowOf(query);
      return alignedRuns(library, ids, { ...window, keys, bins: Math.min(2000, bins), log: query.get("log") === "1" });
    }
    case "events":
      return manyEvents(library, ids);
    default:
      return undefined;
  }
}

function columnOf(query: URLSearchParams): ColumnQuestion {
  return {
    metric: query.get("metric") ?? "",
    of: reductions.find((one) => one === query.get("of")) ?? "last",
    step: number(query.get("step")) ?? 0,
  };
}

function windowOf(query: URLSearchParams): Window {
  return {
    axis: axes.find((axis) => axis === query.get("axis")) ?? ("step" satisfies Axis),
    points: Math.min(mostPoints, Math.max(10, number(query.get("points")) ?? 1000)),
    ...bound("from", query),
    ...bound("to", query),
  };
}

function bound<K extends string>(name: K, query: URLSearchParams): { [P in K]?: number } {
  const value = number(query.get(name));
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: number });
}

function number(text: string | null): number | undefined {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
