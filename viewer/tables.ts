/** What declared charts are made of besides rows: charts.json, events, and array metrics of chosen steps. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { NDArray } from "../core/arrays/ndarray.ts";
import type { Chart, DeclaredChart } from "../core/contract/chart.ts";
import type { MetricInfo } from "../core/contract/run.ts";
import { reasonOf } from "../core/errors/errors.ts";
import { readRegularText } from "../core/files/regular-file.ts";
import { openArrays } from "../core/record/arrays.ts";
import { boundedJson } from "../core/record/bounded-json.ts";
import { files } from "../core/record/format.ts";
import { readEvents } from "../core/record/reader.ts";
import type { ArraySlice, ArrayTable, EventList } from "./api.ts";
import { familyOf } from "./charts/metric-key.ts";

/** Events that are sent at most, the newest. */
const mostEvents = 20000;
/** Array elements that a chart gets at most; steps are left out evenly above it. */
const mostElements = 150000;
const largestCharts = 4 << 20;
const deepestCharts = 100;
const mostChartValues = 200_000;
const mostCharts = 500;
/** Steps that are looked through for the last one that a chart can show: before format 2 a file may hold others' arrays alone. */
const farthestBack = 100;

/** charts.json, each chart looked at; what is not one is left out and told. */
export function readCharts(dir: string): { charts: readonly DeclaredChart[]; problems: readonly string[] } {
  const path = join(dir, files.charts);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return { charts: [], problems: [] };
  if (stat.size > largestCharts) return { charts: [], problems: [`${files.charts}: larger than 4 MiB; not read.`] };
  let all: unknown;
  try {
    all = boundedJson(readRegularText(path, largestCharts), deepestCharts, mostChartValues);
  } catch (thrown) {
    return { charts: [], problems: [`${files.charts}: cannot be read (${reasonOf(thrown)}).`] };
  }
  if (!Array.isArray(all)) return { charts: [], problems: [`${files.charts}: expected a list of charts.`] };
  const charts = all.filter(isChart);
  const lost = all.length - charts.length;
  const problems = lost > 0 ? [`${files.charts}: ${lost} of ${all.length} entries are no charts.`] : [];
  if (charts.length > mostCharts) problems.push(`${files.charts}: the first ${mostCharts} of ${charts.length} charts.`);
  return { charts: charts.slice(0, mostCharts), problems };
}

function isChart(value: unknown): value is DeclaredChart {
  if (typeof value !== "object" || value === null) return false;
  const chart = value as Record<string, unknown>;
  const texts = [chart.id, chart.title, chart.description, chart.section];
  return (
    texts.every((text) => typeof text === "string") &&
    ["scalars", "arrays", "events"].includes(chart.data as string) &&
    typeof chart.spec === "object" &&
    chart.spec !== null &&
    (chart.only === undefined || (Array.isArray(chart.only) && chart.only.every((name) => typeof name === "string")))
  );
}

/** The newest events of a run, kept while the file has not changed. */
export class EventsOf {
  private stamp = "";
  private known: EventList & { readonly lines: number } = { events: [], total: 0, lines: 0 };

  async read(dir: string): Promise<EventList & { readonly lines: number }> {
    const stat = statSync(join(dir, files.events), { throwIfNoEntry: false });
    const stamp = stat ? `${stat.mtimeMs}:${stat.size}:${stat.ino}` : "-";
    if (stamp !== this.stamp) {
      const { events, damage } = await readEvents(dir);
      this.known = { events: events.slice(-mostEvents), total: events.length, lines: damage.lines };
      this.stamp = stamp;
    }
    return this.known;
  }
}

/** Array metrics whose key passes, at the steps that a chart shows, of `most` elements at most. Files that cannot be read are told, not thrown. */
export async function readArrayTable(
  dir: string,
  wanted: (key: string) => boolean,
  steps: Chart["steps"] = "all",
  tokensPerStep = 0,
  most = mostElements,
): Promise<ArrayTable> {
  const stored = openArrays(dir, wanted);
  const all = stored.steps;
  const problems = [...stored.damage];
  const read = (step: number): ArraySlice[] => {
    try {
      const arrays = Object.entries(stored.read(step)).filter(([key]) => wanted(key));
      return arrays.map(([key, array]) => slice(key, step, step * tokensPerStep, array));
    } catch (thrown) {
      if (problems.length < 20) problems.push(`arrays of step ${step}: ${reasonOf(thrown).replaceAll(`${dir}/`, "")}`);
      return [];
    }
  };
  // Analyzers write arrays at steps of their own: the last step is the last that has any of the wanted ones.
  let last: ArraySlice[] = [];
  let end = all.length;
  for (let back = 0; back < farthestBack && last.length === 0 && end > 0; back++) last = read(all[--end]!);
  const known = last.length > 0 ? all.slice(0, end + 1) : all;
  const ends = [...new Set([known[0], known.at(-1)])].filter((step) => step !== undefined);
  let chosen = steps === "last" ? known.slice(-1) : steps === "first-and-last" ? ends : known;
  const elements = last.reduce((sum, { data }) => sum + data.length, 0);
  const room = Math.max(1, Math.floor(most / Math.max(1, elements)));
  chosen = evenly(chosen, room);
  const slices = chosen.slice(0, -1).flatMap(read);
  return { slices: [...slices, ...last], steps: all.length, sent: chosen.length, problems };
}

/** Keys of the arrays of the newest step that has any, but for those that only tell of single units' tokens. */
export async function arrayKeys(dir: string, metrics: readonly MetricInfo[]): Promise<string[]> {
  const { slices } = await readArrayTable(dir, () => true, "last");
  const ofTokens = new Set(metrics.flatMap(({ key, tokens }) => (tokens ? [key, ...tokens] : [])));
  return slices.flatMap(({ key, shape }) => (shape.length > 1 && ofTokens.has(familyOf(key)) ? [] : [key]));
}

/** At most `count` of a list, evenly, its last always and its first where there is room for two. */
export function evenly<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  if (count === 1) return list.slice(-1);
  return Array.from({ length: count }, (_, i) => list[Math.round((i * (list.length - 1)) / (count - 1))]!);
}

function slice(key: string, step: number, tokens: number, { shape, data }: NDArray): ArraySlice {
  // Seven digits say a float32 exactly enough and halve what is sent.
  const values = Array.from(data, (value) => (Number.isFinite(value) ? Number(value.toPrecision(7)) : String(value)));
  return { key, step, tokens, shape, data: values };
}
