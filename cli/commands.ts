/** Every command: its name, its help and its flags stand here; what it does is loaded only when it is asked for. */
import type { Argv } from "yargs";
import { type AddCommand, command, json, runs, takeOver, trust } from "./command.ts";
import { configFlags } from "./config-flags.ts";
import { count, countWithDefault } from "./count.ts";
import { keepingCommands } from "./keeping-commands.ts";
import { projectCommands } from "./project-commands.ts";
import { acceptChangedCorpus, oneRun, someRuns } from "./run-flags.ts";
import { studyCommands } from "./study-commands.ts";
import { sweepCommands } from "./sweep/commands.ts";

/** In the order of `--help`. */
export const commands: readonly AddCommand[] = [
  command({
    usage: "train",
    describe: "Train as the config says, with analyzers and sinks.",
    flags: (yargs: Argv) =>
      configFlags(yargs)
        .option("dump-graph", {
          type: "string",
          requiresArg: true,
          describe: "Write the compiled step as text to FILE, and as a model to FILE.onnx.",
        })
        .option("json", json)
        .example("$0 train", "with the rc file found from here upwards, or the defaults")
        .example("$0 train --steps 1000 --lr 1e-3 --seed 7", "override common keys")
        .example("$0 train --set analyzers.token-sparsity.every=10", "override any key"),
    load: async () => (await import("./train.ts")).trainCommand,
  }),
  command({
    usage: "resume <run>",
    describe: "Go on with a run from its newest checkpoint.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...oneRun, demandOption: true })
        .option("steps", count("steps", { describe: "Go on to this step: further than planned, or not as far." }))
        .option("set", {
          type: "array",
          string: true,
          default: [],
          describe: "Change a key: --set train.lr=1e-3. Keys that a run must keep are refused by name.",
        })
        .option("accept-changed-corpus", acceptChangedCorpus)
        .option("runs", runs)
        .option("trust", trust)
        .option("take-over", takeOver)
        .option("json", json)
        .example("$0 resume latest", "the newest run")
        .example("$0 resume latest --set train.lr=1e-3", "a diverged run, at a lower rate")
        .example("$0 resume latest --steps 2000", "a finished run, further"),
    load: async () => (await import("./resume.ts")).resumeCommand,
  }),
  sweepCommands,
  command({
    usage: "observe [paths..]",
    describe: "Look at checkpoints that came from elsewhere, as if they were steps of a run.",
    flags: (yargs: Argv) =>
      configFlags(
        yargs.positional("paths", {
          type: "string",
          array: true,
          describe:
            "Folders of Hugging Face models, folders of such folders, or our own runs (default: observe.paths).",
        }),
      )
        .option("every-tokens", {
          type: "string",
          requiresArg: true,
          alias: "every-token",
          describe: "Training tokens from one look to the next, at least (observe.every_tokens).",
        })
        .option("accept-changed-corpus", acceptChangedCorpus)
        .option("json", json)
        .example("$0 observe ./opt-125m --corpus sotu", "one model")
        .example("$0 observe ./pythia-70m/step*", "a training history, in the order of the steps in the names")
        .example("$0 observe ./opt-125m --set observe.sequences=32", "more text"),
    load: async () => (await import("./observe.ts")).observeCommand,
  }),
  command({
    usage: ["list", "ls"],
    describe: "List the runs, oldest first.",
    flags: (yargs: Argv) => yargs.option("runs", runs).option("json", json),
    load: async () => (await import("./list.ts")).listCommand,
  }),
  command({
    usage: "show [run]",
    describe: "Show a run: state, config, last values, events, checkpoints.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...oneRun, default: "latest" })
        .option("runs", runs)
        .option("all", { type: "boolean", default: false, describe: "All metrics, not the headline ones alone." })
        .option("json", json)
        .example("$0 show", "the newest run"),
    load: async () => (await import("./show.ts")).showCommand,
  }),
  command({
    usage: "compare <a> <b>",
    describe: "Compare two runs: config and last values.",
    flags: (yargs: Argv) =>
      yargs
        .positional("a", { ...oneRun, demandOption: true })
        .positional("b", { type: "string", demandOption: true, describe: "The other run." })
        .option("all", { type: "boolean", default: false, describe: "All metrics, not the headline ones alone." })
        .option("runs", runs)
        .option("json", json),
    load: async () => (await import("./compare.ts")).compareCommand,
  }),
  command({
    usage: "view [dir]",
    describe: "Open a local page over run directories, live while they train.",
    flags: (yargs: Argv) =>
      yargs
        .positional("dir", { type: "string", describe: "Folder of runs, or one run by id, name, path or `latest`." })
        .option(
          "port",
          countWithDefault("port", 4800, {
            describe: "Port to listen on; 0: any that is free.",
            least: 0,
            most: 65535,
          }),
        )
        .option("host", {
          type: "string",
          default: "127.0.0.1",
          describe: "Address to listen on; others need --token.",
        })
        .option("token", {
          type: "boolean",
          default: false,
          describe: "Ask for a token, which the printed address has.",
        })
        .option("edit", {
          type: "boolean",
          describe:
            "Let the page write tags and notes, archive, and use the trash (default: where only this machine reaches it).",
        })
        .option("open", { type: "boolean", default: false, describe: "Open the page in the browser." })
        .example("$0 view", "the runs of this folder's config")
        .example("$0 view runs/20261123-215501-k3f9", "one run"),
    load: async () => (await import("./view.ts")).viewCommand,
  }),
  command({
    usage: "watch [run]",
    describe: "Watch a run in the terminal until it ends.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...oneRun, default: "latest" })
        .option("once", { type: "boolean", default: false, describe: "Print the present state and leave." })
        .option("runs", runs),
    load: async () => (await import("./watch.ts")).watchCommand,
  }),
  command({
    usage: "report <run..>",
    describe: "Write a report of one run, or of several side by side, to one file.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...someRuns, demandOption: true })
        .option("output", {
          alias: "o",
          type: "string",
          describe: "File to write (default: report.html, .md or .png).",
        })
        .option("format", {
          choices: ["html", "md", "png"] as const,
          describe: "Default: from the file's name, else html.",
        })
        .option("runs", runs)
        .example("$0 report latest -o report.html", "the newest run")
        .example("$0 report baseline wide --format md", "two runs, with differences"),
    load: async () => (await import("./report.ts")).reportCommand,
  }),
  command({
    usage: "sync [run..]",
    describe: "Send rows that a server does not have yet; may be stopped and repeated at any time.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...someRuns, describe: "Runs: ids, names, paths, or `latest` (default: all)." })
        .option("runs", runs)
        .option("trust", trust)
        .option("take-over", takeOver)
        .example("$0 sync", "every run that is not on its server yet")
        .example("$0 sync latest", "the newest run"),
    load: async () => (await import("./sync.ts")).syncCommand,
  }),
  ...studyCommands,
  ...projectCommands,
  ...keepingCommands,
];
