/** The questions that the page may ask, by path. */
import type { Chart } from "../core/contract/chart.ts";
import type { Library } from "./library.ts";
import { type Axis, axes } from "./series/axes.ts";

const mostKeys = 500;
const mostPoints = 10000;

/** The answer to a question under `/api/`; undefined when there is no such question. */
export async function answer(library: Library, url: URL): Promise<unknown> {
  const parts = url.pathname.split("/");
  if (parts[1] !== "api" || parts[2] !== "runs" || parts.length > 5) return undefined;
  if (parts[3] === undefined) return library.list();
  const id = decoded(parts[3]);
  if (id === undefined) return undefined;
  const query = url.searchParams;
  switch (parts[4]) {
    case undefined:
      return library.detail(id);
    case "series":
      return library.series(id, query.getAll("key").slice(0, mostKeys), {
        axis: axes.find((axis) => axis === query.get("axis")) ?? ("step" satisfies Axis),
        points: Math.min(mostPoints, Math.max(10, number(query.get("points")) ?? 1000)),
        ...bound("from", query),
        ...bound("to", query),
      });
    case "events":
      return library.eventList(id);
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
