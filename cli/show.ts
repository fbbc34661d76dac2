/** `experiment show RUN`: what a run is and what it came to. */
import type { CommandModule } from "yargs";

interface Arguments {
  run: string;
  runs: string | undefined;
  all: boolean;
  json: boolean;
}

export const showCommand: CommandModule<object, Arguments> = {
  command: "show [run]",
  describe: "Show a run: state, config, last values, events, checkpoints.",
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", default: "latest", describe: "Id, beginning of an id, name, or path." })
      .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
      .option("all", { type: "boolean", default: false, describe: "All metrics, not the headline ones alone." })
      .option("json", { type: "boolean", default: false, describe: "Print JSON." })
      .example("$0 show", "the newest run") as never,
  handler: async ({ run, runs, all, json }) => {
    const { runsFolder } = await import("./runs-folder.ts");
    const { resolveRun } = await import("../core/record/runs.ts");
    const { portraitOf, portraitText } = await import("./portrait.ts");
    const { jsonText } = await import("./numbers.ts");
    const portrait = await portraitOf(resolveRun(await runsFolder(runs), run));
    console.log(json ? jsonText(portrait) : portraitText(portrait, { all }));
  },
};
