/** The plots of runs on common positions: a line a subject, the mean and its interval where it is a group, or differences to one. */
import { type GroupMoments, welch } from "../../statistics/welch.ts";
import type { AlignedRuns } from "../many/api.ts";
import { type GroupLine, groupLine } from "./group-line.ts";
import type { Line } from "./line-spec.ts";
import { familyOf, parseKey } from "./metric-key.ts";
import { bandWithin, type MetricRanges, rangeOfDifferences } from "./metric-range.ts";
import type { Panel } from "./panels.ts";
import { smooth } from "./smooth.ts";
import type { Subject } from "./subjects.ts";

export interface GroupedOptions {
  readonly smooth: number;
  readonly dots: readonly string[];
  /** Subjects that are drawn, and the colour of each. */
  readonly subjects: readonly Subject[];
  readonly colours: readonly string[];
  /** What values may be, by family: intervals are cut off there. */
  readonly ranges: MetricRanges;
  /** Draw what each is above or below this one. */
  readonly baseline?: Subject | undefined;
}

/** One plot a layer and metric, so that colour is the subject alone. */
export function groupedPanels(
  keys: readonly string[],
  aligned: AlignedRuns,
  options: GroupedOptions,
): readonly Panel[] {
  const parsed = keys.map((key) => ({ key, ...parseKey(key) }));
  const layers = new Set(parsed.map(({ layer }) => layer));
  const names = new Set(parsed.map(({ section, metric }) => `${section}/${metric}`));
  const sections = new Set(parsed.map(({ section }) => section));
  return parsed
    .toSorted((a, b) => (a.layer ?? -1) - (b.layer ?? -1))
    .map(({ key, section, metric, layer }): Panel => {
      const lines = linesOf(key, aligned, options);
      const metricName = sections.size > 1 ? sectionName(section) : metric.replaceAll("_", " ");
      const parts = [layers.size > 1 && layer !== null && `layer ${layer}`, names.size > 1 && metricName];
      const title = parts.filter((part) => part !== false).join(" · ");
      return { title: keys.length > 1 ? title : undefined, lines, strides: lines.map(() => 1) };
    });
}

function sectionName(section: string): string {
  return { train: "training batches", eval: "held-out text" }[section] ?? section.replaceAll("_", " ");
}

function linesOf(
  key: string,
  aligned: AlignedRuns,
  { subjects, colours, baseline, dots, ranges, smooth: amount }: GroupedOptions,
): Line[] {
  const { section, metric } = parseKey(key);
  const dotted = dots.includes(`${section}/${metric}`);
  const declared = ranges.get(familyOf(key));
  const range = declared && baseline ? rangeOfDifferences(declared) : declared;
  return subjects.flatMap((subject, i) => {
    if (baseline?.key === subject.key) return [];
    const own = groupLine(key, subject, aligned);
    if (own.members.length === 0) return [];
    const against = baseline && groupLine(key, baseline, aligned, subject);
    const line = against ? differences(own, against) : own;
    return [
      {
        label: subject.label,
        subject: subject.key,
        colour: colours[i]!,
        dash: [],
        dots: dotted,
        x: own.x,
        y: line.mean,
        ...(amount > 0 && !dotted && { smooth: smooth(own.x, line.mean, amount) }),
        ...(line.band && { band: bandWithin(line.band, range) }),
        ...(subject.runs.length > 1 && !against && { members: own.members }),
      },
    ];
  });
}

function differences(own: GroupLine, base: GroupLine): Pick<GroupLine, "mean" | "band"> {
  const estimates = own.x.map((_, i) => welch(momentsAt(base, i), momentsAt(own, i)));
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const some = estimates.some(({ low }) => Number.isFinite(low));
  return {
    mean: estimates.map(({ value }) => finite(value)),
    ...(some && {
      band: {
        low: estimates.map(({ low }) => finite(low)),
        high: estimates.map(({ high }) => finite(high)),
        n: own.moments.map(({ n }) => n),
      },
    }),
  };
}

function momentsAt({ moments }: GroupLine, i: number): GroupMoments {
  return moments[i] ?? { n: 0, mean: Number.NaN, variance: Number.NaN };
}
