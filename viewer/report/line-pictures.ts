/** Line charts of a report: runs over one another, or groups with their intervals; one picture a panel, all on one scale. */
import { colouring } from "../charts/colouring.ts";
import { groupedPanels } from "../charts/grouped-panels.ts";
import { type Line, type LineChartLook, lineRecords, lineSpec } from "../charts/line-spec.ts";
import { metricRanges } from "../charts/metric-range.ts";
import { type Panel, panels } from "../charts/panels.ts";
import { axisTitles, dressed } from "../charts/spec.ts";
import type { Subject } from "../charts/subjects.ts";
import { thinned } from "../charts/thin.ts";
import { alignedStores } from "../many/answers.ts";
import { legendPicture } from "./legend-picture.ts";
import type { ReportRun } from "./report-run.ts";
import { toSvg } from "./svg.ts";

/** How runs are grouped; no groups: each by itself. */
export interface Grouping {
  readonly by: readonly string[];
  readonly groups: readonly Subject[];
}

export const noGrouping: Grouping = { by: [], groups: [] };

/** Points of a line, at a picture's width and a panel's, and positions at which groups are averaged. */
const most = { whole: 420, panel: 200, bins: 140 };

/** By number of pictures: a row of them is as wide as the page. */
const sizes = [
  { width: 620, height: 260 },
  { width: 436, height: 230 },
  { width: 410, height: 220 },
  { width: 300, height: 200 },
] as const;

/** A picture of a chart; the names of the lines of all its panels are one, too. */
export interface Picture {
  readonly caption: string;
  readonly svg: string;
  readonly legend?: boolean;
}

/** None where no line has a value but zero. */
export async function linePictures(
  runs: readonly ReportRun[],
  keys: readonly string[],
  look: LineChartLook,
  dots: readonly string[],
  { by, groups }: Grouping,
): Promise<readonly Picture[]> {
  const all = groups.length > 0 ? await groupPanels(runs, keys, dots, by, groups) : runPanels(runs, keys, dots);
  const drawn = all.filter(({ lines }) => lines.some(({ y }) => y.some((value) => value !== null)));
  if (!drawn.some(({ lines }) => lines.some(({ y }) => y.some((value) => value !== null && value !== 0)))) return [];
  const several = drawn.length > 1;
  const size = sizes[Math.min(drawn.length, sizes.length) - 1]!;
  const fixed = several && look.domain === undefined ? { domain: spanOf(drawn.flatMap(({ lines }) => lines)) } : {};
  const names = new Map(drawn.flatMap(({ lines }) => lines.map((line) => [line.label, line] as const)));
  const legend =
    several && names.size > 1 ? [{ caption: "", svg: await legendPicture([...names.values()]), legend: true }] : [];
  const pictures = await Promise.all(
    drawn.map(async ({ title, lines }) => {
      const thin = lines.map((line) => thinned(line, several ? most.panel : most.whole));
      const spec = lineSpec(thin, { ...look, ...fixed }, axisTitles.step, !several);
      const dress = { theme: "light", axis: "step", log: false, layers: 1, panels: 1, ...size } as const;
      const whole = { ...dressed(spec, dress), background: null };
      return { caption: title ?? "", svg: await toSvg(whole, lineRecords(thin)) };
    }),
  );
  return [...legend, ...pictures];
}

function runPanels(runs: readonly ReportRun[], keys: readonly string[], dots: readonly string[]): readonly Panel[] {
  const [shown, series] = [runs.map((run) => run.shown), runs.map((run) => run.series)];
  return panels(keys, shown, series, { axis: "step", smooth: 0, theme: "light", dots });
}

async function groupPanels(
  runs: readonly ReportRun[],
  keys: readonly string[],
  dots: readonly string[],
  by: readonly string[],
  groups: readonly Subject[],
): Promise<readonly Panel[]> {
  const stores = await Promise.all(runs.map(({ library, shown }) => library.storeOf(shown.id, [], "step")));
  const aligned = alignedStores(stores, { axis: "step", keys, bins: most.bins, log: false });
  const configs = runs.map(({ detail }) => detail.config);
  const { colours } = colouring(groups, configs, { by: undefined, groupedBy: by, theme: "light", chosen: {} });
  const ranges = metricRanges(runs.flatMap(({ detail }) => detail.metrics));
  return groupedPanels(keys, aligned, { smooth: 0, dots, subjects: groups, colours, ranges });
}

/** The span of values and of intervals over more than two runs, with a little air. */
function spanOf(lines: readonly Line[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { y, band } of lines)
    for (const [i, value] of y.entries()) {
      const wide = band && band.n[i]! > 2;
      low = Math.min(low, value ?? low, (wide ? band.low[i] : null) ?? low);
      high = Math.max(high, value ?? high, (wide ? band.high[i] : null) ?? high);
    }
  const air = (high - low || Math.abs(high) || 1) * 0.04;
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}
