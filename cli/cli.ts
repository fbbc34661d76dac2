/** The command line as a whole: which commands there are, and what happens to an error. */
import yargs from "yargs";
import { badUsage, ExperimentError, reasonOf } from "../core/errors/errors.ts";
import { withAgentFlags } from "./agent-flags.ts";
import type { LoadPlugins } from "./command.ts";
import { commands } from "./commands.ts";
import { sanitise } from "./terminal.ts";

/** Runs a command line; resolves to the exit code. Nothing here or below exits the process. */
export async function runCli(argv: readonly string[], plugins: LoadPlugins): Promise<number> {
  const debug = argv.includes("--debug");
  const parser = yargs(withAgentFlags(argv))
    .scriptName("experiment")
    .usage("$0 <command>\n\nTrains small ReLU transformers and watches their MLP neurons while they train.")
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
  for (const add of commands) add(parser, plugins);
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
