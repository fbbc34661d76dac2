/** `experiment resume RUN`: goes on from the newest checkpoint, bit by bit as if it had never stopped. */
import type { CommandModule } from "yargs";
import type { LoadPlugins } from "./cli.ts";

interface Arguments {
  run: string;
  runs: string | undefined;
  json: boolean;
}

export function resumeCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "resume <run>",
    describe: "Go on with a run from its newest checkpoint.",
    builder: (yargs) =>
      yargs
        .positional("run", { type: "string", demandOption: true, describe: "Id, name, path, or `latest`." })
        .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
        .option("json", { type: "boolean", default: false, describe: "Print the result as JSON." })
        .example("$0 resume latest", "the newest run") as never,
    handler: async ({ run, runs, json }) => {
      const { resumeRequest } = await import("../core/run/resume.ts");
      const { runsFolder } = await import("./runs-folder.ts");
      const { runTraining } = await import("./training.ts");
      const { loadConfig } = await import("../core/config/load.ts");
      const present = await loadConfig({ cwd: process.cwd(), env: process.env }).catch(() => undefined);
      const request = resumeRequest(await runsFolder(runs), run, await plugins(), present?.config);
      await runTraining(request, json);
    },
  };
}
