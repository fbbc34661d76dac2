/** `experiment prune RUN`: what the held-out loss is without the silent and the least used units. */
import type { CommandModule } from "yargs";
import type { PruneReport } from "../studies/prune.ts";
import type { LoadPlugins } from "./cli.ts";

interface Arguments {
  run: string;
  at: number | undefined;
  tokens: number;
  runs: string | undefined;
  json: boolean;
}

const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** The command. */
export function pruneCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "prune <run>",
    describe: "Show the held-out loss without silent and least used units, layer by layer.",
    builder: (yargs) =>
      yargs
        .positional("run", { type: "string", demandOption: true, describe: "Id, name, path, or `latest`." })
        .option("at", { type: "number", describe: "Step of the checkpoint (default: the newest)." })
        .option("tokens", {
          type: "number",
          default: 32_768,
          describe: "Training tokens over which firings are counted.",
        })
        .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
        .option("json", { type: "boolean", default: false, describe: "Print JSON." }) as never,
    handler: async ({ run, at, tokens, runs, json }) => {
      const { pruneRun } = await import("../studies/prune.ts");
      const { resolveRun } = await import("../core/record/runs.ts");
      const { runsFolder } = await import("./runs-folder.ts");
      const { jsonText } = await import("./numbers.ts");
      const dir = resolveRun(await runsFolder(runs), run);
      const report = await pruneRun({ dir, ...(at === undefined ? {} : { at }), tokens, shares }, await plugins());
      console.log(json ? jsonText(report) : await pruneText(report));
    },
  };
}

async function pruneText({ run, step, tokens, loss, windows, removals }: PruneReport): Promise<string> {
  const { table } = await import("./terminal.ts");
  const layers = [...new Set(removals.map(({ layer }) => layer))];
  const head = ["layer", "silent units", "silent", ...shares.map((share) => `${Math.round(100 * share)} %`)];
  const rows = layers.map((layer) => {
    const mine = removals.filter((removal) => removal.layer === layer);
    return [String(layer), String(mine[0]!.units), ...mine.map(({ lossIncrease }) => signed(lossIncrease))];
  });
  const worst = Math.max(...removals.map(({ standardError }) => standardError));
  return [
    `${run} at step ${step}: held-out loss ${loss.toFixed(4)} nats per token over ${windows} windows.`,
    `Increase of that loss without the units that fired at none, or at the fewest, of ${tokens} training tokens:`,
    table([head, ...rows], { align: "right" }),
    `Standard errors (paired over windows) are at most ${worst.toFixed(4)}.`,
  ].join("\n");
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
}
