import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Account } from "../login/account.ts";
import type { FromLive, ToLive } from "./live-messages.ts";

/** The streaming process as training sees it. */
export interface LiveStream {
  /** Lets it send what is under way for at most `ms`, then ends it; resolves when it is gone. Never rejects. */
  stop(ms: number): Promise<void>;
}

/** What it may tell meanwhile. */
export interface LiveListener {
  onRun(run: { readonly entity: string; readonly project: string; readonly id: string }): void;
  /** `goesOn`: it tries again by itself; else it has ended. */
  onWarning(message: string, goesOn: boolean): void;
  /** W&B's page asks the run to stop; at most once. */
  onStop(): void;
}

/** How to stream. */
export interface LiveOptions {
  /** The run goes on from an earlier process's part. */
  readonly resumed: boolean;
}

/** Variables of W&B's SDK that would change what it does. */
const withheld: ReadonlySet<string> = new Set(["WANDB_DEBUG", "WANDB_WORKER", "WANDB_MODE", "WANDB_ENV"]);

/**
 * Starts a process of its own that follows `log`: what it throws, prints or catches stays with it, and training waits for
 * nothing. The key goes to it through the channel between the two, where no other process sees it.
 */
export function startLive(log: string, account: Account, listener: LiveListener, { resumed }: LiveOptions): LiveStream {
  const program = fileURLToPath(new URL(`./live-process${extname(import.meta.url)}`, import.meta.url));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !withheld.has(name)));
  // A group of its own, so that Ctrl-C at the terminal reaches training alone.
  const child = fork(program, { env, detached: true, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  let told: FromLive | undefined;
  child.on("error", (thrown) => listener.onWarning(thrown.message, false));
  child.on("message", (message: FromLive) => {
    told = message;
    if (message.type === "run") listener.onRun(message);
    else if (message.type === "warning") listener.onWarning(message.message, message.goesOn);
    else if (message.type === "stop-asked") listener.onStop();
  });
  child.on("exit", (code) => {
    if (code !== 0 && code !== null) listener.onWarning(`its process ended with code ${code}`, false);
  });
  send(child, { type: "start", log, account, resumed });
  // Neither keeps training from ending.
  child.unref();
  child.channel?.unref();

  return {
    async stop(ms) {
      if (gone(child)) return;
      child.ref();
      const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      if (told?.type !== "stopped") {
        const timer = setTimeout(() => child.kill("SIGKILL"), ms);
        child.on("message", (message: FromLive) => message.type === "stopped" && child.kill("SIGKILL"));
        child.channel?.ref();
        send(child, { type: "stop" });
        await exited;
        clearTimeout(timer);
      } else {
        child.kill("SIGKILL");
        await exited;
      }
    },
  };
}

function gone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function send(child: ChildProcess, message: ToLive): void {
  if (child.connected) child.send(message, () => {});
}
