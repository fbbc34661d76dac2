/** A report's charts as SVG, drawn without a browser. */

import type { DeclaredChart } from "../../core/contract/chart.ts";
import { reasonOf } from "../../core/errors/errors.ts";
import { chartFault } from "../charts/chart-fault.ts";
import { coreCharts } from "../charts/core-charts.ts";
import { keysOf } from "../charts/metric-key.ts";
import { plainLine } from "../charts/plain-line.ts";
import { arrayRecords, eventRecords, type Fields, scalarRecords, withHours } from "../charts/records.ts";
import { dressed } from "../charts/spec.ts";
import { type Grouping, linePictures, noGrouping, type Picture } from "./line-pictures.ts";
import type { ReportRun } from "./report-run.ts";
import { toSvg } from "./svg.ts";

export interface ReportChart {
  readonly section: string;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** One picture, or several side by side, each with what it shows. */
  readonly pictures: readonly Picture[];
  /** Why there is no picture. */
  readonly problem?: string;
}

const size = { width: 620, height: 260 };
/** Array elements of a chart of all steps: a picture of this width has no room for more, and 100 000 marks take 5 s and 500 MB. */
const mostElements = 30_000;
/** Where runs are many, these many stand for the others in pictures that show one run each, with fewer elements. */
const exampleRuns = 2;
const exampleElements = 6_000;
const look = { axis: "step", logX: false } as const;
const dress = { theme: "light", axis: "step", log: false, ...size } as const;

/** All charts, training first. Those without data are left out. */
export async function reportCharts(runs: readonly ReportRun[], grouping: Grouping): Promise<ReportChart[]> {
  const keys = [...new Set(runs.flatMap(({ detail }) => detail.keys))];
  const charts: ReportChart[] = [];
  for (const chart of coreCharts) {
    const mine = chart.families.filter((key) => keys.includes(key));
    if (mine.length === 0) continue;
    const { id, title, description, yTitle, dots = [] } = chart;
    const pictures = await linePictures(
      runs,
      mine,
      { ...look, title: yTitle, logY: false, percent: false },
      dots,
      grouping,
    );
    charts.push({ section: "training", id, title, description, pictures });
  }
  const declared = new Map(runs.flatMap(({ detail }) => detail.charts.map((one) => [`${one.section}/${one.id}`, one])));
  const declaredKeys = [...new Set(runs.flatMap(({ detail }) => detail.metrics.map(({ key }) => key)))];
  for (const chart of declared.values()) {
    const { section, id, title, description } = chart;
    const base = { section, id, title, description };
    const fault = chartFault(chart, declaredKeys);
    if (fault !== undefined) {
      charts.push({ ...base, pictures: [], problem: fault });
      continue;
    }
    try {
      const pictures = await declaredPictures(runs, chart, keys, grouping);
      charts.push({ ...base, pictures });
    } catch (thrown) {
      charts.push({ ...base, pictures: [], problem: `This chart's spec cannot be drawn: ${reasonOf(thrown)}` });
    }
  }
  return charts;
}

/**
 * A declared chart as pictures: one, or one for each panel of a plain line chart and for each run otherwise; none without data.
 * `keys` are those on record. Throws what Vega says of a spec that it cannot draw.
 */
export async function declaredPictures(
  runs: readonly ReportRun[],
  chart: DeclaredChart,
  keys: readonly string[],
  grouping: Grouping = noGrouping,
): Promise<ReportChart["pictures"]> {
  const plain = plainLine(chart);
  if (plain) return linePictures(runs, keysOf(chart, keys), { ...look, ...plain }, [], grouping);
  const pictures: Picture[] = [];
  const shown = runs.length > exampleRuns ? examples(runs, grouping) : runs;
  for (const run of shown) {
    const records = await recordsOf(run, chart, shown.length < runs.length ? exampleElements : mostElements);
    if (records.length === 0) continue;
    const layers = new Set(records.map(({ layer }) => layer)).size;
    const spec = dressed(chart.spec, { ...dress, layers: run.shown.layers, panels: layers });
    const svg = await toSvg({ ...spec, background: null }, records);
    if (svg !== "") pictures.push({ caption: runs.length > 1 ? run.shown.label : "", svg });
  }
  return pictures;
}

/** The first run of each of the first groups. */
function examples(runs: readonly ReportRun[], { groups }: Grouping): readonly ReportRun[] {
  const firsts = groups.flatMap((group) => runs[group.runs[0] ?? -1] ?? []);
  return (firsts.length > 0 ? firsts : runs).slice(0, exampleRuns);
}

async function recordsOf(
  { shown, library, detail, series }: ReportRun,
  chart: DeclaredChart,
  elements: number,
): Promise<Fields[]> {
  if (chart.data === "arrays") {
    const most = (chart.steps ?? "all") === "all" ? elements : undefined;
    return arrayRecords(shown.label, (await library.arrays(shown.id, chart, most)).slices);
  }
  if (chart.data === "events") {
    const events = await library.eventList(shown.id);
    return withHours(eventRecords(shown.label, events, chart.section, chart.only), shown.createdAt);
  }
  return withHours(scalarRecords(shown.label, series, keysOf(chart, detail.keys)), shown.createdAt);
}
