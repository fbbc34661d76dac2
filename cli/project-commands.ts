/** Commands about a project and its machine: what can be named, what holds, a first rc file, what there is. */
import type { Argv } from "yargs";
import { type AddCommand, command, json } from "./command.ts";
import { configFlags } from "./config-flags.ts";

/** In the order of `--help`. */
export const projectCommands: readonly AddCommand[] = [
  command({
    usage: "plugins [name]",
    describe: "List everything that a config can name, or tell all about one.",
    flags: (yargs: Argv) =>
      yargs
        .positional("name", { type: "string", describe: "A plugin: a built-in name, an npm package, or a path." })
        .option("json", json)
        .example("$0 plugins", "all plugins with a line each")
        .example("$0 plugins token-sparsity", "options, metrics and charts of one"),
    load: async () => (await import("./plugins.ts")).pluginsCommand,
  }),
  command({
    usage: "config",
    describe: "Check the config and print every value with where it comes from.",
    flags: (yargs: Argv) =>
      configFlags(yargs)
        .option("json", json)
        .option("schema", { type: "boolean", default: false, describe: "Print the JSON Schema of .experimentrc." })
        .example("$0 config --lr 1e-3", "what would hold with this flag")
        .example("$0 config --json", "config, sources and file, for other programs"),
    load: async () => (await import("./config.ts")).configCommand,
  }),
  command({
    usage: "init",
    describe: "Write a commented .experimentrc with every key and its default.",
    flags: (yargs: Argv) =>
      yargs.option("force", { type: "boolean", default: false, describe: "Overwrite a config that is there." }),
    load: async () => (await import("./init.ts")).initCommand,
  }),
  command({
    usage: "doctor",
    describe: "Show engines found, the one chosen and why, and what the machine has.",
    flags: (yargs: Argv) => yargs.option("json", json),
    load: async () => (await import("./doctor.ts")).doctorCommand,
  }),
];
