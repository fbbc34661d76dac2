/** Runs of a report in groups: what each group came to over its runs, and how the others differ from the first. */
import { type Estimate as Interval, interval } from "../../statistics/jackknife.ts";
import { mean, variance } from "../../statistics/moments.ts";
import { welch } from "../../statistics/welch.ts";
import { familyOf } from "../charts/metric-key.ts";
import { type MetricRange, type MetricRanges, rangeOfDifferences, within } from "../charts/metric-range.ts";
import { type Subject, subjectsOf, sweptKeys } from "../charts/subjects.ts";
import type { HeadlineRow } from "./headline.ts";
import type { ReportRun } from "./report-run.ts";

/** One metric over the groups. */
export interface GroupRow {
  readonly key: string;
  /** By group: mean over its runs with a 95 % t interval (NaN of a single run), and how many have the metric. */
  readonly cells: readonly { readonly mean: Interval; readonly n: number }[];
  /** By group, against the first: Welch's 95 % interval. */
  readonly differences: readonly (Interval | undefined)[];
}

/** The groups of a sweep; none where the runs are none. */
export function reportGroups(runs: readonly ReportRun[]): {
  readonly by: readonly string[];
  readonly groups: readonly Subject[];
} {
  const configs = runs.map(({ detail }) => detail.config);
  const by = sweptKeys(configs);
  return {
    by,
    groups:
      by.length === 0
        ? []
        : subjectsOf(
            runs.map(({ shown }) => shown),
            configs,
            by,
          ),
  };
}

/** The table of groups, from that of runs; intervals end where the values of their metric do. */
export function groupRows(rows: readonly HeadlineRow[], groups: readonly Subject[], ranges: MetricRanges): GroupRow[] {
  return rows.map(({ key, estimates }) => {
    const values = groups.map(({ runs }) => runs.flatMap((run) => estimates[run]?.value ?? []).filter(Number.isFinite));
    const moments = values.map((of) => ({ n: of.length, mean: mean(of), variance: variance(of) }));
    const range = ranges.get(familyOf(key));
    const apart = range && rangeOfDifferences(range);
    return {
      key,
      cells: moments.map(({ n, mean: centre, variance: spread }) => ({
        n,
        mean: cut(interval(centre, Math.sqrt(spread / n), n - 1), range),
      })),
      differences: moments.map((one, i) => (i === 0 ? undefined : cut(welch(moments[0]!, one), apart))),
    };
  });
}

function cut(estimate: Interval, range: MetricRange | undefined): Interval {
  return { ...estimate, low: within(estimate.low, range), high: within(estimate.high, range) };
}
