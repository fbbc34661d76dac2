/** What a report says, whatever it is written as. */

import { basename, dirname } from "node:path";
import { environmentRows } from "../charts/environment.ts";
import { metricRanges } from "../charts/metric-range.ts";
import type { ShownRun } from "../charts/panels.ts";
import type { Subject } from "../charts/subjects.ts";
import { Library } from "../library.ts";
import { abstractOf } from "./abstract.ts";
import { type ReportChart, reportCharts } from "./charts.ts";
import { type Finding, findings } from "./findings.ts";
import { type GroupRow, groupRows, reportGroups } from "./groups.ts";
import { type HeadlineRow, headline, meanings } from "./headline.ts";
import type { ReportRun } from "./report-run.ts";

export interface ReportDocument {
  readonly title: string;
  readonly runs: readonly ReportRun[];
  readonly headline: readonly HeadlineRow[];
  /** What was run, in sentences. */
  readonly abstract: readonly string[];
  /** What the figures say. */
  readonly findings: readonly Finding[];
  /** Groups of a sweep, and the same numbers over them; none: runs stand by themselves. */
  readonly groups: readonly Subject[];
  readonly groupRows: readonly GroupRow[];
  /** Metric (without layer) and what it means. */
  readonly meanings: readonly (readonly [string, string])[];
  readonly charts: readonly ReportChart[];
  /** Config keys: values by run, and where each came from (one run). Those that differ come first where runs are compared. */
  readonly config: readonly ConfigRow[];
  /** Name and value by run. */
  readonly environment: readonly (readonly [string, readonly string[]])[];
  readonly problems: readonly string[];
  /** ms since 1970. */
  readonly madeAt: number;
}

export interface ConfigRow {
  readonly key: string;
  readonly values: readonly unknown[];
  readonly source: string;
  readonly differs: boolean;
}

const points = 1500;
/** Figures that a report opens with. */
const mostLeading = 4;

/** The figures that matter: the loss, and what each analyzer declares first. */
export function leading({ charts }: Pick<ReportDocument, "charts">): readonly ReportChart[] {
  const sections = [...new Set(charts.map(({ section }) => section))];
  return sections
    .flatMap((section) => charts.find((chart) => chart.section === section && chart.pictures.length > 0) ?? [])
    .slice(0, mostLeading);
}

/** Reads the runs (directories) and draws their charts. */
export async function reportDocument(
  dirs: readonly string[],
  madeAt: number,
  folder?: string,
): Promise<ReportDocument> {
  const options = folder === undefined ? {} : { indexFolder: folder };
  const libraries = dirs.map((dir) => new Library(dirname(dir), { ...options, only: basename(dir) }));
  try {
    const runs: ReportRun[] = [];
    for (const [i, dir] of dirs.entries()) runs.push(await readReportRun(libraries[i]!, basename(dir)));
    const named = unique(runs);
    const details = named.map(({ detail }) => detail);
    const series = named.map((run) => run.series);
    const numbers = headline(details, series);
    const grouping = reportGroups(named);
    const ranges = metricRanges(details.flatMap(({ metrics }) => metrics));
    return {
      title:
        named.length === 1
          ? named[0]!.shown.label
          : named.length <= 3
            ? named.map((run) => run.shown.label).join(", ")
            : `${named.length} runs${grouping.by.length > 0 ? ` by ${grouping.by.join(" and ")}` : ""}`,
      runs: named,
      headline: numbers,
      abstract: abstractOf(named, grouping.by),
      findings: findings(numbers, details, grouping.groups, ranges),
      groups: grouping.groups,
      groupRows: groupRows(numbers, grouping.groups, ranges),
      meanings: meanings(numbers, details),
      charts: await reportCharts(named, grouping),
      config: configRows(named),
      environment: environmentRows(details, "public").map(([name, tell]) => [name, details.map(tell)] as const),
      problems: named.flatMap(({ shown, detail }) => detail.problems.map((text) => `${shown.label}: ${text}`)),
      madeAt,
    };
  } finally {
    await Promise.all(libraries.map((library) => library.close()));
  }
}

/** One run with all its numbers; the library stays open, for arrays and events are read when they are drawn. */
export async function readReportRun(library: Library, id: string): Promise<ReportRun> {
  await library.whole(id);
  const detail = (await library.detail(id))!;
  const series = await library.series(id, detail.keys, { axis: "step", points });
  const { createdAt, name } = detail.summary;
  return { library, detail, series, shown: { id, label: name, createdAt, layers: detail.model?.n_layers ?? 1 } };
}

function unique(runs: readonly ReportRun[]): ReportRun[] {
  const names = runs.map(({ shown }) => shown.label);
  const label = ({ label, id }: ShownRun) =>
    names.filter((name) => name === label).length > 1 ? `${label} (${id})` : label;
  return runs.map((run) => ({ ...run, shown: { ...run.shown, label: label(run.shown) } }));
}

function configRows(runs: readonly ReportRun[]): ConfigRow[] {
  const keys = [...new Set(runs.flatMap(({ detail }) => Object.keys(detail.config)))].sort();
  const rows = keys.map((key): ConfigRow => {
    const values = runs.map(({ detail }) => detail.config[key]);
    const differs = new Set(values.map((value) => JSON.stringify(value))).size > 1;
    return { key, values, source: runs[0]!.detail.sources[key] ?? "default", differs };
  });
  return rows.sort((a, b) => Number(b.differs) - Number(a.differs));
}
