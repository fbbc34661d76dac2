/** `experiment contrast RUN…`: first against last layer across seeds. */
import type { CommandModule } from "yargs";
import type { ContrastReport } from "../studies/contrast.ts";

interface Arguments {
  runs: string[];
  root: string | undefined;
  last: number;
  json: boolean;
}

/** The command. */
export const contrastCommand: CommandModule<object, Arguments> = {
  command: "contrast <runs..>",
  describe: "Compare first and last layer across runs that differ in their seed alone.",
  builder: (yargs) =>
    yargs
      .positional("runs", { type: "string", array: true, demandOption: true, describe: "Runs: ids, names, paths." })
      .option("root", { type: "string", describe: "Folder of the run directories (default: the config's)." })
      .option("last", { type: "number", default: 10, describe: "Rows at the end of each run to average." })
      .option("json", { type: "boolean", default: false, describe: "Print JSON." }) as never,
  handler: async ({ runs, root, last, json }) => {
    const { contrastRuns } = await import("../studies/contrast.ts");
    const { resolveRun } = await import("../core/record/runs.ts");
    const { runsFolder } = await import("./runs-folder.ts");
    const { jsonText } = await import("./numbers.ts");
    const folder = await runsFolder(root);
    const report = await contrastRuns(
      runs.map((run) => resolveRun(folder, run)),
      last,
    );
    console.log(json ? jsonText(report) : await contrastText(report));
  },
};

async function contrastText({ seeds, rows, statistics }: ContrastReport): Promise<string> {
  const { fewestSeeds } = await import("../studies/contrast.ts");
  const { table } = await import("./terminal.ts");
  const layers = statistics[0]!.layers.map((_, layer) => `layer ${layer}`);
  const head = ["statistic", ...layers, "last - first", "95 %", "p", "Page z", "p", "rho", "claim"];
  const body = statistics.map(({ statistic, layers, delta, p, pageZ, pageP, spearman, claim }) => [
    statistic,
    ...layers.map((value) => value.toPrecision(3)),
    delta.value.toFixed(3),
    `${delta.low.toFixed(2)} to ${delta.high.toFixed(2)}`,
    p.toFixed(3),
    pageZ.toFixed(2),
    pageP.toFixed(3),
    spearman.toFixed(2),
    claim,
  ]);
  const few =
    seeds.length < fewestSeeds
      ? `${seeds.length} seeds: an exact p cannot fall below ${(2 / 2 ** seeds.length).toFixed(3)}; no claim is made with fewer than ${fewestSeeds}.`
      : "Claims hold at p < 0.05 for each statistic by itself; nothing is corrected for there being several.";
  return [
    `${seeds.length} seeds (${seeds.join(", ")}), means of the last ${rows} analysed rows; last - first in log odds (log for ratios).`,
    table([head, ...body], { align: "right" }),
    "p: exact sign-flip over seeds. Page: trend over all layers. rho: Spearman with depth, mean over seeds.",
    few,
  ].join("\n");
}
