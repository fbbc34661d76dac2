/** The command line as a whole: which commands there are, and what happens to an error. */
import yargs from "yargs";
import { badUsage, ExperimentError, reasonOf } from "../core/errors/errors.ts";
import type { PluginTable } from "../core/host/registry.ts";
import { compareCommand } from "./compare.ts";
import { configCommand } from "./config.ts";
import { contrastCommand } from "./contrast.ts";
import { doctorCommand } from "./doctor.ts";
import { forkCommand } from "./fork.ts";
import { initCommand } from "./init.ts";
import { listCommand } from "./list.ts";
import { overlapCommand } from "./overlap.ts";
import { pluginsCommand } from "./plugins.ts";
import { pruneCommand } from "./prune.ts";
import { reportCommand } from "./report.ts";
import { resumeCommand } from "./resume.ts";
import { showCommand } from "./show.ts";
import { syncCommand } from "./sync.ts";
import { sanitise } from "./terminal.ts";
import { trainCommand } from "./train.ts";
import { viewCommand } from "./view.ts";
import { watchCommand } from "./watch.ts";

/** Loads the table of built-in plugins; only commands that need plugins call it. */
export type LoadPlugins = () => Promise<PluginTable>;

/** Runs a command line; resolves to the exit code. Nothing here or below exits the process. */
export async function runCli(argv: readonly string[], plugins: LoadPlugins): Promise<number> {
  const debug = argv.includes("--debug");
  const parser = yargs([...argv])
    .scriptName("experiment")
    .usage("$0 <command>\n\nTrains small ReLU transformers and watches their MLP neurons while they train.")
    .command(trainCommand(plugins))
    .command(resumeCommand(plugins))
    .command(listCommand)
    .command(showCommand)
    .command(compareCommand)
    .command(viewCommand)
    .command(watchCommand)
    .command(reportCommand)
    .command(syncCommand(plugins))
    .command(contrastCommand)
    .command(forkCommand(plugins))
    .command(overlapCommand(plugins))
    .command(pruneCommand(plugins))
    .command(pluginsCommand(plugins))
    .command(configCommand(plugins))
    .command(initCommand)
    .command(doctorCommand)
    .option("debug", { type: "boolean", default: false, describe: "Print the stack of an error.", global: true })
    .example("$0 train", "train with the rc file found from here upwards, or with the defaults")
    .example("$0 train --set model.n_layers=6 --lr 1e-3", "override keys of the config")
    .example("$0 show latest", "what the newest run came to")
    .demandCommand(1, "Name a command.")
    .recommendCommands()
    .strict()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .version()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? badUsage(message);
    });
  try {
    await parser.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (caught) {
    // What yargs finds while it parses, such as a flag without its value, does not pass through `fail`.
    const thrown = caught instanceof Error && caught.name === "YError" ? badUsage(caught.message) : caught;
    const lines = reasonOf(thrown).split("\n");
    console.error(lines.map((line, i) => `${i === 0 ? "experiment: " : ""}${sanitise(line, 2000)}`).join("\n"));
    if (debug && thrown instanceof Error) console.error(thrown.stack, thrown.cause ?? "");
    if (thrown instanceof ExperimentError) return thrown.exitCode;
    if (!debug) console.error("experiment: unexpected; run again with --debug for the stack.");
    return 1;
  }
}
