/** `experiment sweep` and the commands below it. */
import type { Argv } from "yargs";
import { type AddCommand, command, jobs, json, on } from "../command.ts";
import { configFlags } from "../config-flags.ts";

const plan = { type: "string", describe: "Plan file (default: the key `sweep` of the rc file)." } as const;
const yes = { type: "boolean", default: false, describe: "Start also more than 10000 runs." } as const;

const withPlan = (yargs: Argv) => configFlags(yargs).positional("plan", plan);

/** The commands under `sweep`. */
const below: readonly AddCommand[] = [
  command({
    usage: "$0 [plan]",
    describe: "Do what is missing of a plan's runs.",
    flags: (yargs: Argv) =>
      withPlan(yargs)
        .option("on", on)
        .option("jobs", jobs)
        .option("dry-run", {
          type: "boolean",
          default: false,
          describe: "Print the runs, and what they would cost by a short trial of the first.",
        })
        .option("trial", {
          type: "boolean",
          default: true,
          describe: "With --dry-run: --no-trial leaves the trial out.",
        })
        .option("retry", { choices: ["failed"] as const, describe: "Also try again what failed." })
        .option("yes", yes)
        .option("json", json)
        .example("$0 sweep plan.yaml --dry-run", "the runs, and what they would take")
        .example("$0 sweep plan.yaml --jobs 4", "four at a time on this machine")
        .example("$0 sweep plan.yaml --on slurm", "as an array job"),
    load: async () => (await import("./start.ts")).sweepCommand,
  }),
  command({
    usage: "status [plan]",
    describe: "Say where the runs of a plan stand.",
    flags: (yargs: Argv) =>
      withPlan(yargs)
        .option("on", on)
        .option("watch", { type: "boolean", default: false, describe: "Keep looking until all have ended." })
        .option("json", json),
    load: async () => (await import("./status.ts")).statusCommand,
  }),
  command({
    usage: "retry [plan]",
    describe: "The same as `sweep` with --retry failed.",
    flags: (yargs: Argv) =>
      withPlan(yargs).option("on", on).option("jobs", jobs).option("yes", yes).option("json", json),
    load: async () => (await import("./start.ts")).retryCommand,
  }),
  command({
    usage: "cancel [plan]",
    describe: "Stop what runs of a plan, and take back what waits; runs save a checkpoint first.",
    flags: (yargs: Argv) => withPlan(yargs).option("on", on),
    load: async () => (await import("./cancel.ts")).cancelCommand,
  }),
  command({
    usage: "table [plan]",
    describe: "Metrics of the finished runs by groups of settings, with 95 % intervals over seeds, best first.",
    flags: (yargs: Argv) =>
      withPlan(yargs)
        .option("by", {
          type: "string",
          requiresArg: true,
          describe: "Keys that make a group, with commas (default: all but the seed).",
        })
        .option("metric", {
          type: "string",
          default: "eval/loss",
          requiresArg: true,
          describe: "Metrics, with commas; the first one ranks.",
        })
        .option("best", {
          choices: ["min", "max"] as const,
          default: "min" as const,
          describe: "Which end of the first metric is best.",
        })
        .option("csv", { type: "boolean", default: false, describe: "Print CSV." })
        .option("json", json)
        .example(
          "$0 sweep table plan.yaml --by train.lr --metric eval/loss,token_sparsity/use_token",
          "losses and use by learning rate",
        ),
    load: async () => (await import("./table.ts")).tableCommand,
  }),
  command({
    usage: "run [plan]",
    describe: "Do one run of a plan, or several, here: what a scheduler's tasks call.",
    flags: (yargs: Argv) =>
      withPlan(yargs)
        .option("index", {
          type: "string",
          requiresArg: true,
          describe: "Its index, or several: 3,5-9 (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX).",
        })
        .option("of", {
          type: "string",
          requiresArg: true,
          describe: "With --share: indices to share out (default: all).",
        })
        .option("share", { type: "string", requiresArg: true, describe: "I/N: every N-th of these, from the I-th on." })
        .option("threads", {
          type: "number",
          requiresArg: true,
          describe: "CPU threads, where the config leaves them to the engine.",
        })
        .option("worker", { type: "boolean", default: false, hidden: true }),
    load: async () => (await import("./run.ts")).runCommand,
  }),
];

/** `sweep` as one of the commands of the whole. */
export const sweepCommands: AddCommand = (parser, plugins) =>
  parser.command(
    "sweep",
    "Train many runs from one plan, here or on a cluster, and sum up what came of them.",
    (yargs) => {
      for (const add of below) add(yargs, plugins);
      return yargs;
    },
  );
