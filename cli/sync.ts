/** `experiment sync [RUN…]`: takes runs on disk to where their sinks keep them, as far as they are not there yet. */
import type { CommandModule } from "yargs";
import type { LoadPlugins } from "./cli.ts";

interface Arguments {
  readonly runs: string | undefined;
  readonly run: readonly string[] | undefined;
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
        .example("$0 sync", "every run that is not on its server yet")
        .example("$0 sync latest", "the newest run") as never,
    handler: async ({ run = [], runs }) => {
      const { runsFolder } = await import("./runs-folder.ts");
      const { syncRuns } = await import("../studies/sync.ts");
      const { createStatusLine } = await import("./status-line.ts");
      const { print: info, warn, progress, clear } = createStatusLine(process.stderr);
      const host = { info, warn, progress };
      const report = await syncRuns({ root: await runsFolder(runs), refs: run, plugins: await plugins() }, host);
      clear();
      for (const { message } of report) console.log(message);
      if (report.length === 0) console.log("No run has a sink that can be synced.");
      process.exitCode = report.some(({ state }) => state === "partial") ? 1 : 0;
    },
  };
}
