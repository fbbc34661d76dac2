/** `experiment contrast RUN…`: first against last layer across seeds, or groups of runs by any key. */
import { resolveRun } from "../core/record/runs.ts";
import { type ContrastReport, contrastRuns, fewestSeeds } from "../studies/contrast.ts";
import { contrastGroups, type GroupsReport } from "../studies/contrast-groups.ts";
import { jsonText, shortNumber } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { sanitise, table } from "./terminal.ts";

interface Arguments {
  runs: string[];
  root: string | undefined;
  last: number;
  by: string | undefined;
  metric: string | undefined;
  json: boolean;
}

export async function contrastCommand({ runs, root, last, by, metric, json }: Arguments): Promise<void> {
  const folder = await runsFolder(root);
  const dirs = runs.map((run) => resolveRun(folder, run));
  const listed = (text: string) => text.split(",").filter(Boolean);
  if (by !== undefined) {
    const asked = { by: listed(by), metrics: listed(metric ?? "eval/loss"), rows: last };
    const found = await contrastGroups(dirs, asked);
    console.log(json ? jsonText(found) : groupsText(found));
    return;
  }
  const report = await contrastRuns(dirs, last);
  console.log(json ? jsonText(report) : contrastText(report));
}

function contrastText({ seeds, rows, statistics, meaning }: ContrastReport): string {
  const layers = statistics[0]!.layers.map((_, layer) => `layer ${layer}`);
  const head = [
    "statistic",
    ...layers,
    "last - first",
    "95 %",
    "scale",
    "p",
    "corrected",
    "Page z",
    "p",
    "rho",
    "claim",
  ];
  const body = statistics.map(({ statistic, scale, layers, delta, p, corrected, pageZ, pageP, spearman, claim }) => [
    statistic,
    ...layers.map((value) => value.toPrecision(3)),
    delta.value.toFixed(3),
    `${delta.low.toFixed(2)} to ${delta.high.toFixed(2)}`,
    scale,
    p.toFixed(3),
    corrected.toFixed(3),
    pageZ.toFixed(2),
    pageP.toFixed(3),
    spearman.toFixed(2),
    claim,
  ]);
  const few =
    seeds.length < fewestSeeds
      ? `${seeds.length} seeds: an exact p cannot fall below ${(2 / 2 ** seeds.length).toFixed(3)}; no claim is made with fewer than ${fewestSeeds}.`
      : `Claims: corrected p < 0.05, so that any false one among the ${statistics.length} statistics is made in at most 5 % of cases.`;
  return [
    `${seeds.length} seeds (${seeds.join(", ")}), means of the last ${rows} analysed rows; last - first on the scale given.`,
    table([head, ...body], { align: "right" }),
    "p: exact sign-flip over seeds, by itself and corrected for the number of statistics (maxT). Page: trend over all layers. rho: Spearman with depth, mean over seeds.",
    few,
    ...(meaning === undefined ? [] : [meaning]),
  ].join("\n");
}

function groupsText({ by, metrics, rows, groups, common, differences }: GroupsReport): string {
  const estimate = ({ value, low, high }: { value: number; low: number; high: number }) =>
    Number.isFinite(low) ? `${shortNumber(value)} [${shortNumber(low)}, ${shortNumber(high)}]` : shortNumber(value);
  const named = (of: readonly unknown[]) => sanitise(of.map((value) => JSON.stringify(value)).join(", "), 60);
  const means = groups.map(({ of, seeds, values }) => [
    named(of),
    String(seeds.length),
    ...metrics.map((metric) => estimate(values[metric]!)),
  ]);
  const compared = differences.map(({ metric, group, delta, p, corrected, claim }) => [
    sanitise(metric, 60),
    `${named(groups[group]!.of)} less ${named(groups[0]!.of)}`,
    estimate(delta),
    p.toFixed(3),
    corrected.toFixed(3),
    claim,
  ]);
  const few =
    common.length < fewestSeeds
      ? `${common.length} seeds in all groups: no claim is made with fewer than ${fewestSeeds}${common.length > 0 ? `; an exact p cannot fall below ${(2 / 2 ** common.length).toFixed(3)}` : ""}.`
      : `Claims: corrected p < 0.05, so that any false one among the ${differences.length} differences is made in at most 5 % of cases.`;
  return [
    `Means of the last ${rows} rows that have the metric, over seeds, with 95 % t intervals.`,
    table([[by.join(", "), "n", ...metrics], ...means]),
    `Differences seed by seed over the ${common.length} seeds that all groups have; p: exact sign-flip, by itself and corrected (maxT).`,
    table([["metric", "groups", "difference", "p", "corrected", "claim"], ...compared]),
    few,
  ].join("\n");
}
