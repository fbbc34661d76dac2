/** How a process is killed at a chosen call: by a shim that a C compiler makes, or without one at a random time. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Kinds of calls that change files, as shim.c counts them. */
export type Kind = "open" | "write" | "fsync" | "truncate" | "rename" | "link" | "unlink" | "mkdir";

/** Where a process dies: at which call of a kind, or after how many milliseconds where there is no shim. */
export interface Death {
  readonly kind: Kind;
  /** Counted from 1. */
  readonly at: number;
  readonly when: "before" | "inside" | "after";
  readonly ms: number;
}

export interface Killer {
  /** What it is, for the report. */
  readonly name: string;
  /** Calls of each kind that a whole run makes; empty without a shim. */
  counts(folder: string, args: readonly string[]): ReadonlyMap<Kind, number>;
  /** Runs the command, which dies there, or ends before. */
  run(folder: string, args: readonly string[], death?: Death): SpawnSyncReturns<string>;
}

const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Compiles the shim into `folder`; where that fails the fallback is named so. */
export function createKiller(folder: string): Killer {
  const library = join(folder, "shim.so");
  const source = fileURLToPath(new URL("shim.c", import.meta.url));
  const built =
    process.platform === "linux" &&
    spawnSync("cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]).status === 0;
  const run = (cwd: string, args: readonly string[], env: Record<string, string>, timeout?: number) =>
    spawnSync(process.execPath, [command, ...args], {
      cwd,
      encoding: "utf8",
      env: { ...plainEnvironment(), ...env },
      ...(timeout !== undefined && { timeout, killSignal: "SIGKILL" }),
    });
  if (!built) {
    return {
      name: "SIGKILL at random times (no shim: it needs Linux and a C compiler)",
      counts: () => new Map(),
      run: (cwd, args, death) => run(cwd, args, {}, death?.ms),
    };
  }
  const shimmed = { LD_PRELOAD: library, STORM_MATCH: "/runs/" };
  return {
    name: "SIGKILL before, inside and after calls that change files (preloaded shim)",
    counts: (cwd, args) => {
      const file = join(folder, "counts");
      run(cwd, args, { ...shimmed, STORM_COUNTS: file });
      const lines = readFileSync(file, "utf8").trim().split("\n");
      return new Map(lines.map((line) => line.split(" ")).map(([kind, count]) => [kind as Kind, Number(count)]));
    },
    run: (cwd, args, death) =>
      run(
        cwd,
        args,
        death ? { ...shimmed, STORM_KIND: death.kind, STORM_AT: String(death.at), STORM_WHEN: death.when } : {},
      ),
  };
}

function plainEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(EXPERIMENT_|RELUSCOPE_|WANDB_|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? ""]));
}
