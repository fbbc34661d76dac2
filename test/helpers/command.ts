/** Runs the built command as a user would. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const commandPath: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process once it has started. */
  readonly started?: (child: ChildProcess) => void;
}

/** Resolves when the command has ended, however it ended. The environment holds nothing that configures a run. */
export function command(args: readonly string[], options: CommandOptions): Promise<Finished> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(EXPERIMENT_|RELUSCOPE_|WANDB_|NODE_OPTIONS|NO_COLOR|FORCE_COLOR)/.test(name),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [commandPath, ...args], {
      cwd: options.cwd,
      env: { ...Object.fromEntries(kept), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output.stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
    options.started?.(child);
  });
}
