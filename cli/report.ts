/** `experiment report RUN…`: one self-contained file to send to someone. */
import { extname } from "node:path";
import type { CommandModule } from "yargs";

interface Arguments {
  run: string[];
  output: string | undefined;
  format: "html" | "md" | "png" | undefined;
  runs: string | undefined;
}

export const reportCommand: CommandModule<object, Arguments> = {
  command: "report <run..>",
  describe: "Write a report of one run, or of several side by side, to one file.",
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", array: true, demandOption: true, describe: "Id, name, path, or `latest`." })
      .option("output", { alias: "o", type: "string", describe: "File to write (default: report.html, .md or .png)." })
      .option("format", { choices: ["html", "md", "png"], describe: "Default: from the file's name, else html." })
      .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
      .example("$0 report latest -o report.html", "the newest run")
      .example("$0 report baseline wide --format md", "two runs, with differences") as never,
  handler: async ({ run, output, format, runs }) => {
    const { runsFolder } = await import("./runs-folder.ts");
    const { resolveRun, readRun } = await import("../core/record/runs.ts");
    const { reportFormats, writeReport } = await import("../viewer/report/report.ts");
    const root = await runsFolder(runs);
    const dirs = run.map((name) => readRun(resolveRun(root, String(name))).dir);
    const named = reportFormats.find((one) => extname(output ?? "") === `.${one}`);
    const chosen = format ?? named ?? "html";
    const written = await writeReport({ dirs, output: output ?? `report.${chosen}`, format: chosen });
    console.log(`Wrote ${written.join(" and ")}`);
  },
};
