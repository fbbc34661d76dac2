/** `experiment overlap FORK…`: do the forks of one checkpoint lose the same units? */
import type { CommandModule } from "yargs";
import type { OverlapReport } from "../studies/overlap.ts";
import type { LoadPlugins } from "./cli.ts";

interface Arguments {
  forks: string[];
  tokens: number;
  runs: string | undefined;
  json: boolean;
}

/** The command. */
export function overlapCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "overlap <forks..>",
    describe: "Compare the units that forks of one checkpoint lose, with chance.",
    builder: (yargs) =>
      yargs
        .positional("forks", { type: "string", array: true, demandOption: true, describe: "Forks: ids, names, paths." })
        .option("tokens", {
          type: "number",
          default: 65_536,
          describe: "Tokens without a firing that make a unit silent.",
        })
        .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
        .option("json", { type: "boolean", default: false, describe: "Print JSON." }) as never,
    handler: async ({ forks, tokens, runs, json }) => {
      const { overlapOf } = await import("../studies/overlap.ts");
      const { resolveRun } = await import("../core/record/runs.ts");
      const { runsFolder } = await import("./runs-folder.ts");
      const { jsonText } = await import("./numbers.ts");
      const root = await runsFolder(runs);
      const report = await overlapOf(
        forks.map((fork) => resolveRun(root, fork)),
        tokens,
        await plugins(),
      );
      if (json) console.log(jsonText(report));
      else console.log(await overlapText(report));
    },
  };
}

async function overlapText({ run, step, steps, forks, tokens, layers }: OverlapReport): Promise<string> {
  const { table } = await import("./terminal.ts");
  const head = ["layer", "alive", "fell silent", "lift", "z", "lift, deciles", "z", "fortieths", "z", "kappa"];
  const rows = layers.map(({ layer, alive, fellSilent, plain, stratified, finer, kappa }) => [
    String(layer),
    String(alive),
    fellSilent.join(" "),
    ...[plain.lift, plain.z, stratified.lift, stratified.z, finer.lift, finer.z, kappa].map((value) =>
      value.toFixed(2),
    ),
  ]);
  return [
    `${forks.length} forks of ${run} at step ${step}, ${steps} steps each; silent: no firing in the same ${tokens} training tokens.`,
    table([head, ...rows], { align: "right" }),
    "lift: overlap over that of random sets of the same sizes; deciles, fortieths: of sets random within these groups of firing",
    "frequency at the fork. About 1 there: which units are lost is explained by how seldom they already fired.",
  ].join("\n");
}
