/** How a command joins the parser: its flags at once, its code when it runs. */
import type { ArgumentsCamelCase, Argv } from "yargs";
import type { PluginTable } from "../core/host/registry.ts";
import { count } from "./count.ts";

/** Loads the table of built-in plugins; only commands that need plugins call it. */
export type LoadPlugins = () => Promise<PluginTable>;

/** Tells the parser of a command. */
export type AddCommand = (parser: Argv, plugins: LoadPlugins) => Argv;

interface Command<Flags> {
  /** Name and positional arguments as yargs writes them, and then other names. */
  readonly usage: string | readonly string[];
  readonly describe: string;
  readonly flags: (yargs: Argv) => Argv<Flags>;
  /** Imports the command; with everything that it needs, which `--help` does not. */
  readonly load: () => Promise<(args: ArgumentsCamelCase<Flags>, plugins: LoadPlugins) => Promise<void>>;
}

/** A command whose code may take the arguments that its flags make, or the compiler says no. */
export function command<Flags>({ usage, describe, flags, load }: Command<Flags>): AddCommand {
  return (parser, plugins) =>
    parser.command(usage, describe, flags, async (args) => {
      const run = await load();
      await run(args, plugins);
    });
}

/** `--json`, for scripts. */
export const json = { type: "boolean", default: false, describe: "Print JSON." } as const;

/** `--trust`, for commands that follow what a run directory names. */
export const trust = {
  type: "boolean",
  default: false,
  describe: "Follow the code, addresses and paths that the run names, though it is not of your making.",
} as const;

/** `--take-over`, for commands that need a run's lock. */
export const takeOver = {
  type: "boolean",
  default: false,
  describe:
    "Take the run from a process on another machine that you know is gone, without waiting for two minutes of its silence.",
} as const;

/** `--runs`: where runs are looked for. */
export const runs = { type: "string", describe: "Folder of the run directories (default: the config's)." } as const;

/** `--on`, for commands that make many runs. */
export const on = {
  type: "string",
  requiresArg: true,
  describe: "Executor: local, slurm, kubernetes, or your own (default: the plan's, else local).",
} as const;

/** `--jobs`, for the same. */
export const jobs: ReturnType<typeof count> = count("jobs", { describe: "Runs at a time." });
