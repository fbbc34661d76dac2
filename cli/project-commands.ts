/** Commands about a project and its machine: what can be named, what holds, a first rc file, what there is. */
import type { Argv } from "yargs";
import { type AddCommand, command, json } from "./command.ts";
import { configFlags } from "./config-flags.ts";
import { countWithDefault } from "./count.ts";

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
    usage: "tokenize [corpus..]",
    describe: "Write a corpus of text as files of token ids, for the corpus `tokens`.",
    flags: (yargs: Argv) =>
      yargs
        .positional("corpus", {
          type: "string",
          array: true,
          default: [] as string[],
          describe: "Text files, folders or globs, or the name of a corpus (default: data.corpus of the config).",
        })
        .option("tokenizer", {
          type: "string",
          requiresArg: true,
          default: "gpt2",
          describe: "bytes, gpt2, or the folder of a model with its tokenizer.",
        })
        .option("output", {
          alias: "o",
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "File to write, NAME.bin; several are NAME-00000.bin and so on. NAME.json stands beside them.",
        })
        .option(
          "shard-tokens",
          countWithDefault("shard-tokens", 2 ** 30, { describe: "Tokens after which a file ends with its document." }),
        )
        .option("threads", countWithDefault("threads", 0, { describe: "Threads; 0: one a core.", least: 0 }))
        .option("force", { type: "boolean", default: false, describe: "Replace files of this name." })
        .option("config", { type: "string", requiresArg: true, alias: "c", describe: "Config file." })
        .option("set", {
          type: "string",
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: "Any key: --set data.corpus.text.field=body.",
        })
        .option("json", json)
        .example("$0 tokenize books/ -o books.bin", "the text files of a folder, with GPT-2's byte pairs")
        .example("$0 tokenize sotu --tokenizer ./opt-125m -o sotu.bin", "a corpus, with a model's own tokenizer")
        .example('$0 tokenize "wiki/*.jsonl.gz" -o wiki.bin --shard-tokens 1e8', "in several files"),
    load: async () => (await import("./tokenize.ts")).tokenizeCommand,
  }),
  command({
    usage: "doctor",
    describe: "Show engines found, the one chosen and why, and what the machine has.",
    flags: (yargs: Argv) => yargs.option("json", json),
    load: async () => (await import("./doctor.ts")).doctorCommand,
  }),
];
