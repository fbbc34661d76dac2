/** Pictures of many runs as points: what came of which config. Specs and records, drawn by Vega-Lite. */
import { rankCorrelation } from "../../statistics/rank-correlation.ts";
import { exact } from "./format.ts";
import type { Fields } from "./records.ts";

/** One run as a point: its name, its group with its colour, and its values by column (a config key or a metric). */
export interface RunPoint {
  readonly run: string;
  readonly group: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface GroupColours {
  readonly groups: readonly string[];
  readonly colours: readonly string[];
}

type Spec = Record<string, unknown>;

/** Up to this many groups are named in a legend. */
const mostNamed = 12;
/** Pixels that a group needs in a strip, where there are more. */
const rowHeight = 15;

function colour({ groups, colours }: GroupColours): Spec {
  const legend = groups.length > 1 && groups.length <= mostNamed ? { title: null } : null;
  return { field: "group", type: "nominal", scale: { domain: groups, range: colours }, sort: null, legend };
}

const tooltip = (...names: readonly [string, string][]) =>
  [["run", "run"], ["group", "group"], ...names].map(([field, title]) => ({ field, title }));

/** Numbers whose range spans more than this many times are shown on a logarithmic axis. */
const wide = 8;

function axisOf(field: string, title: string, values: readonly unknown[]): Spec {
  const numbers = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (numbers.length < values.length) return { field, title, type: "nominal" };
  const log = numbers.every((value) => value > 0) && Math.max(...numbers) / Math.min(...numbers) > wide;
  return {
    field,
    title,
    type: "quantitative",
    scale: { zero: false, ...(log ? { type: "log", nice: false, padding: 12 } : { type: "linear" }) },
    axis: { format: "~g", tickCount: 5 },
  };
}

/** Any column against any other, a point a run. */
export function scatter(
  points: readonly RunPoint[],
  x: string,
  y: string,
  colours: GroupColours,
): { spec: Spec; records: Fields[] } {
  const records = points
    .filter(({ values }) => values[x] != null && values[y] != null)
    .map(({ run, group, values }) => ({ run, group, x: values[x], y: values[y] }));
  const encoding = {
    x: axisOf(
      "x",
      x,
      records.map((one) => one.x),
    ),
    y: axisOf(
      "y",
      y,
      records.map((one) => one.y),
    ),
    color: colour(colours),
    tooltip: tooltip(["x", x], ["y", y]),
  };
  return { spec: { mark: { type: "point", size: 50, filled: true, opacity: 0.85 }, encoding }, records };
}

/** One column by group: every run a tick, the middle half a box where there are enough. */
export function strip(
  points: readonly RunPoint[],
  y: string,
  colours: GroupColours,
): { spec: Spec; records: Fields[] } {
  const records = points
    .filter(({ values }) => typeof values[y] === "number")
    .map(({ run, group, values }) => ({ run, group, y: values[y] }));
  const { title, names } = withoutKeys(colours.groups);
  const expr = `${JSON.stringify(names)}[datum.value]`;
  const place = {
    field: "group",
    type: "nominal",
    title,
    sort: colours.groups,
    axis: { labelLimit: 180, labelOverlap: false, ...(title !== null && { labelExpr: expr }) },
  };
  const value = axisOf(
    "y",
    y,
    records.map((one) => one.y),
  );
  const { length } = colours.groups;
  return {
    spec: {
      ...(length > mostNamed && { height: 60 + rowHeight * length }),
      encoding: { y: place, x: value },
      layer: [
        {
          mark: { type: "boxplot", extent: "min-max", size: 12, opacity: 0.35, ticks: false },
          encoding: { color: { ...colour(colours), legend: null } },
        },
        {
          mark: { type: "point", filled: true, size: 36, opacity: 0.9 },
          encoding: { color: { ...colour(colours), legend: null }, tooltip: tooltip(["y", y]) },
        },
      ],
    },
    records,
  };
}

/** Names of groups by several keys as their values alone, where all have the same keys: these are said once. */
function withoutKeys(groups: readonly string[]): { title: string | null; names: Readonly<Record<string, string>> } {
  const parts = groups.map((group) => group.split(" · ").map((part) => part.split(/ (.*)/s)));
  const keys = new Set(parts.map((one) => one.map(([key]) => key).join(" · ")));
  const [title = ""] = keys;
  if (keys.size !== 1 || !title.includes(" · ")) return { title: null, names: {} };
  const values = parts.map((one) => one.map(([, value]) => value).join(" · "));
  return { title, names: Object.fromEntries(groups.map((group, i) => [group, values[i]!])) };
}

/** Every column an axis from its smallest to its largest value, every run a line across them. */
export function parallel(
  points: readonly RunPoint[],
  columns: readonly string[],
  colours: GroupColours,
): { spec: Spec; records: Fields[] } {
  const scales = new Map(columns.map((column) => [column, scaleOf(points.map(({ values }) => values[column]))]));
  const records = points.flatMap(({ run, group, values }) =>
    columns.flatMap((column) => {
      const place = scales.get(column)!(values[column]);
      return place === undefined ? [] : [{ run, group, column, place, value: worded(values[column]) }];
    }),
  );
  // In two rows, there is room for the names of many axes on a phone.
  const staggered = `indexof(${JSON.stringify(columns)}, datum.value) % 2 == 0 ? datum.label : ["", datum.label]`;
  const x = {
    field: "column",
    type: "nominal",
    sort: columns,
    title: null,
    axis: {
      labelAngle: 0,
      labelLimit: 180,
      labelOverlap: false,
      grid: true,
      ...(columns.length > 3 && { labelExpr: staggered }),
    },
  };
  return {
    spec: {
      encoding: { x, y: { field: "place", type: "quantitative", axis: null, scale: { domain: [0, 1], nice: false } } },
      layer: [
        { mark: { type: "line", opacity: 0.55 }, encoding: { color: colour(colours), detail: { field: "run" } } },
        {
          mark: { type: "point", filled: true, size: 26 },
          encoding: {
            color: { ...colour(colours), legend: null },
            tooltip: [...tooltip(["column", "what"], ["value", "value"])],
          },
        },
        {
          transform: [
            {
              joinaggregate: [
                { op: "min", field: "place", as: "low" },
                { op: "max", field: "place", as: "high" },
              ],
              groupby: ["column"],
            },
            { filter: "datum.place == datum.low || datum.place == datum.high" },
            { aggregate: [], groupby: ["column", "place", "value"] },
          ],
          mark: { type: "text", align: "left", dx: 6, fontSize: 11 },
          encoding: { text: { field: "value" } },
        },
      ],
    },
    records,
  };
}

/** Places in [0, 1]: numbers by value (by logarithm where they span far), words by their order. */
function scaleOf(values: readonly unknown[]): (value: unknown) => number | undefined {
  const known = values.filter((value) => value != null);
  if (!known.every((value) => typeof value === "number")) {
    const words = [...new Set(known.map(String))].sort();
    return (value) =>
      value == null ? undefined : words.length < 2 ? 0.5 : words.indexOf(String(value)) / (words.length - 1);
  }
  const numbers = known as number[];
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const log = low > 0 && high / low > wide;
  const at = (value: number) => (log ? Math.log(value) : value);
  return (value) =>
    typeof value !== "number" ? undefined : low === high ? 0.5 : (at(value) - at(low)) / (at(high) - at(low));
}

/** How strongly each numeric config key goes with a metric over runs: Spearman's rank correlation with its 95 % interval. */
export function importance(
  points: readonly RunPoint[],
  keys: readonly string[],
  metric: string,
): { spec: Spec; records: Fields[] } {
  const records = keys.flatMap((key) => {
    const both = points.flatMap(({ values }) =>
      typeof values[key] === "number" && typeof values[metric] === "number"
        ? [[values[key], values[metric]] as const]
        : [],
    );
    const { value, low, high } = rankCorrelation(
      both.map(([a]) => a),
      both.map(([, b]) => b),
    );
    const finite = (end: number) => (Number.isFinite(end) ? end : null);
    return Number.isNaN(value)
      ? []
      : [{ key, correlation: value, low: finite(low), high: finite(high), runs: both.length }];
  });
  records.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
  const y = {
    field: "key",
    type: "nominal",
    sort: records.map(({ key }) => key),
    title: null,
    axis: { labelLimit: 180 },
  };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    scale: { domain: [-1, 1] },
    title: `rank correlation with ${metric}`,
  });
  return {
    spec: {
      encoding: { y },
      layer: [
        { mark: { type: "rule", strokeWidth: 2, clip: true }, encoding: { x: x("low"), x2: { field: "high" } } },
        {
          mark: { type: "point", filled: true, size: 60 },
          encoding: {
            x: x("correlation"),
            tooltip: ["key", "correlation", "low", "high", "runs"].map((field) => ({ field })),
          },
        },
      ],
    },
    records,
  };
}

function worded(value: unknown): string {
  return typeof value === "number" ? exact(value) : String(value);
}
