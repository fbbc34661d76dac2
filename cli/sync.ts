/** `experiment sync [RUN…]`: takes runs on disk to where their sinks keep them, as far as they are not there yet. */
import type { CommandModule } from "yargs";
import type { LoadPlugins } from "./cli.ts";
import { sanitise } from "./terminal.ts";
import { trustOption, wordOf } from "./word.ts";

interface Arguments {
  readonly runs: string | undefined;
  readonly run: readonly string[] | undefined;
  readonly trust: boolean;
}

export function syncCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "sync [run..]",
    describe: "Send rows that a server does not have yet; may be stopped and repeated at any time.",
    builder: (yargs) =>
      yargs
        .positional("run", {
          type: "string",
          array: true,
          describe: "Ids, names, paths, or `latest`; default: all runs.",
        })
        .option("runs", { type: "string", describe: "Folder of the run directories (default: the config's)." })
        .option("trust", trustOption)
        .example("$0 sync", "every run that is not on its server yet")
        .example("$0 sync latest", "the newest run") as never,
    handler: async ({ run = [], runs, trust }) => {
      const { runsFolder } = await import("./runs-folder.ts");
      const { syncRuns } = await import("../studies/sync.ts");
      const { createStatusLine } = await import("./status-line.ts");
      const { print: info, warn, progress, clear } = createStatusLine(process.stderr);
      const host = { info, warn, progress };
      const request = {
        root: await runsFolder(runs),
        refs: run,
        plugins: await plugins(),
        word: await wordOf({ trust }),
      };
      const report = await syncRuns(request, host);
      clear();
      for (const { message } of report) {
        for (const line of message.split("\n")) console.log(sanitise(line, 2000));
      }
      if (report.length === 0) console.log("No run has a sink that can be synced.");
      process.exitCode = report.some(({ state }) => state === "partial") ? 1 : 0;
    },
  };
}
