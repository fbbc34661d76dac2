/** Commands by which runs are kept in order: tags, notes, the archive and the trash. */
import type { Argv } from "yargs";
import { type AddCommand, command, json, runs } from "./command.ts";

const someRuns = { type: "string", array: true, describe: "Runs: ids, names, paths, or `latest`." } as const;

/** In the order of `--help`. */
export const keepingCommands: readonly AddCommand[] = [
  command({
    usage: "tag <run..>",
    describe: "Show, add or remove tags of runs.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...someRuns, demandOption: true })
        .option("add", {
          alias: "a",
          type: "string",
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: "Tags to add.",
        })
        .option("remove", {
          type: "string",
          array: true,
          requiresArg: true,
          default: [] as string[],
          describe: "Tags to remove.",
        })
        .option("runs", runs)
        .option("json", json)
        .example("$0 tag latest --add baseline", "a tag for the newest run"),
    load: async () => (await import("./tag.ts")).tagCommand,
  }),
  command({
    usage: "note <run> [text]",
    describe: "Show or write a run's note, or the name that lists show.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { type: "string", demandOption: true, describe: "Id, name, path, or `latest`." })
        .positional("text", { type: "string", describe: "The note; empty removes it." })
        .option("name", {
          type: "string",
          requiresArg: true,
          describe: "Name to show instead of the run's own; empty: the own.",
        })
        .option("runs", runs)
        .option("json", json)
        .example('$0 note latest "lr too high?"', "a note for the newest run"),
    load: async () => (await import("./note.ts")).noteCommand,
  }),
  command({
    usage: "rm <run..>",
    describe: "Move runs to the trash, or out of sight.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...someRuns, demandOption: true })
        .option("yes", { alias: "y", type: "boolean", default: false, describe: "Do it." })
        .option("archive", { type: "boolean", default: false, describe: "Only leave them out of lists." })
        .option("runs", runs)
        .option("json", json)
        .example("$0 rm 20261123-215501-k3f9 --yes", "`experiment restore` takes it back"),
    load: async () => (await import("./rm.ts")).rmCommand,
  }),
  command({
    usage: "restore [run..]",
    describe: "Take runs back from the trash or the archive; without a name, list what is there.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { type: "string", array: true, default: [] as string[], describe: "Ids of runs." })
        .option("runs", runs)
        .option("json", json),
    load: async () => (await import("./restore.ts")).restoreCommand,
  }),
];
