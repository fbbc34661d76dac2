/** Commands that study runs which are there: their forks, seeds, prunings, tables. */
import type { Argv } from "yargs";
import { type AddCommand, command, jobs, json, on, runs, trust } from "./command.ts";
import { counts, countWithDefault } from "./count.ts";
import { acceptChangedCorpus, checkpoint, oneRun, someRuns } from "./run-flags.ts";

/** In the order of `--help`. */
export const studyCommands: readonly AddCommand[] = [
  command({
    usage: "contrast <runs..>",
    describe: "Compare first and last layer across runs that differ in their seed alone, or groups of runs by any key.",
    flags: (yargs: Argv) =>
      yargs
        .positional("runs", { ...someRuns, demandOption: true })
        .option("root", runs)
        .option("last", countWithDefault("last", 10, { describe: "Rows at the end of each run to average." }))
        .option("by", {
          type: "string",
          requiresArg: true,
          describe: "Compare groups of runs instead: keys of the config that make them, with commas.",
        })
        .option("metric", {
          type: "string",
          requiresArg: true,
          implies: "by",
          describe: "With --by: metrics, with commas (default: eval/loss).",
        })
        .option("json", json)
        .example("$0 contrast RUNS --by train.lr --metric eval/loss", "learning rates, seed by seed"),
    load: async () => (await import("./contrast.ts")).contrastCommand,
  }),
  command({
    usage: "fork <run>",
    describe: "Continue one checkpoint of a run under other data orders; forks that are there are not made again.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...oneRun, demandOption: true })
        .option("at", checkpoint)
        .option("orders", countWithDefault("orders", 3, { describe: "Data orders: forks of each kind." }))
        .option(
          "steps",
          countWithDefault("steps", 200, { describe: "Steps of each fork; the schedule stays the run's." }),
        )
        .option("counterfactual", {
          type: "array",
          string: true,
          default: [],
          describe:
            "More forks: no-decay, half-lr, half-clip, no-outliers (updates whose gradient norm stands out are left out), hold-layer-N (its incoming weights), hold-upstream-N.",
        })
        .option("jobs", jobs)
        .option("on", on)
        .option("accept-changed-corpus", acceptChangedCorpus)
        .option("runs", runs)
        .option("trust", trust)
        .option("json", json)
        .example("$0 fork latest --at 600 --orders 3 --steps 200", "three futures of step 600")
        .example("$0 overlap FORK FORK FORK", "do they lose the same units?"),
    load: async () => (await import("./fork.ts")).forkCommand,
  }),
  command({
    usage: "overlap <forks..>",
    describe: "Compare the units that forks of one checkpoint lose, with chance.",
    flags: (yargs: Argv) =>
      yargs
        .positional("forks", { ...someRuns, demandOption: true, describe: "Forks: ids, names, paths." })
        .option(
          "tokens",
          countWithDefault("tokens", 65_536, { describe: "Tokens without a firing that make a unit silent." }),
        )
        .option("runs", runs)
        .option("trust", trust)
        .option("json", json),
    load: async () => (await import("./overlap.ts")).overlapCommand,
  }),
  command({
    usage: "prune <run>",
    describe: "Show the held-out loss without silent and least used units, layer by layer.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...oneRun, demandOption: true })
        .option("at", checkpoint)
        .option(
          "tokens",
          countWithDefault("tokens", 32_768, { describe: "Training tokens over which firings are counted." }),
        )
        .option("accept-changed-corpus", acceptChangedCorpus)
        .option("runs", runs)
        .option("trust", trust)
        .option("json", json),
    load: async () => (await import("./prune.ts")).pruneCommand,
  }),
  command({
    usage: "death <run..>",
    describe: "Weigh why units fall silent: directed dynamics, random drift, or outliers.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...someRuns, demandOption: true })
        .option("forks", {
          type: "boolean",
          default: false,
          describe: "Make the forks that are missing; prints first what they take. Stopped, it goes on where it was.",
        })
        .option("dry-run", { type: "boolean", default: false, describe: "Print what --forks would take, and leave." })
        .option("points", countWithDefault("points", 5, { describe: "Checkpoints of each run that are continued." }))
        .option("orders", countWithDefault("orders", 3, { describe: "Data orders of each." }))
        .option(
          "horizons",
          counts("horizons", {
            describe: "Steps after which forks are looked at, the longest decides (default: 25 50 100 200 400).",
          }),
        )
        .option(
          "tokens",
          countWithDefault("tokens", 32_768, { describe: "Training tokens without a firing that make a unit silent." }),
        )
        .option("jobs", { ...jobs, implies: "forks" })
        .option("on", { ...on, implies: "forks" })
        .option("output", { alias: "o", type: "string", describe: "Folder for death.html, .md and .json." })
        .option("accept-changed-corpus", acceptChangedCorpus)
        .option("runs", runs)
        .option("trust", trust)
        .option("json", json)
        .example("$0 death latest", "what is on record, and what it takes to decide")
        .example("$0 death seed-1 seed-2 --forks -o death", "makes the forks, weighs, and writes a page"),
    load: async () => (await import("./death.ts")).deathCommand,
  }),
  command({
    usage: "paper <run..>",
    describe: "Measure the tables and figures of arXiv 2407.07848 on checkpoints of runs.",
    flags: (yargs: Argv) =>
      yargs
        .positional("run", { ...someRuns, demandOption: true })
        .option(
          "tokens",
          countWithDefault("tokens", 8192, { describe: "Held-out tokens in a batch, whatever the run's own." }),
        )
        .option("at", counts("at", { describe: "Steps of checkpoints (default: all that every run has).", least: 0 }))
        .option("output", { alias: "o", type: "string", describe: "Folder for paper.html, .md, .csv, .tex and .json." })
        .option("runs", runs)
        .option("json", json)
        .example("$0 paper latest", "the newest run, batches of 8192 tokens")
        .example("$0 paper seed-1 seed-2 seed-3 --at 500 1500 -o paper", "intervals over seeds, and files"),
    load: async () => (await import("./paper.ts")).paperCommand,
  }),
];
