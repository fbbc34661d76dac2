/** `experiment contrast RUN…`: first against last layer across seeds. */
import { resolveRun } from "../core/record/runs.ts";
import { type ContrastReport, contrastRuns, fewestSeeds } from "../studies/contrast.ts";
import { jsonText } from "./numbers.ts";
import { runsFolder } from "./runs-folder.ts";
import { table } from "./terminal.ts";

interface Arguments {
  runs: string[];
  root: string | undefined;
  last: number;
  json: boolean;
}

export async function contrastCommand({ runs, root, last, json }: Arguments): Promise<void> {
  const folder = await runsFolder(root);
  const report = await contrastRuns(
    runs.map((run) => resolveRun(folder, run)),
    last,
  );
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
