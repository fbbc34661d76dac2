/** One process of the pool, as the pool sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { RunNews, SweepJob, WorkerOrder, WorkerReport } from "../../../core/contract/executor.ts";

export interface Worker {
  readonly ready: boolean;
  /** The run that it is doing. */
  readonly running: number | undefined;
  run(index: number): void;
  /** Asks it to save what it is doing and end. */
  stop(): void;
}

interface Listener {
  onReady(): void;
  onNews(news: RunNews): void;
  /** Once, when the process is gone, with how it ended. */
  onExit(reason: string): void;
}

/** Starts one. What it prints beside its reports goes to `workers.log`, its last line also into `onExit`. */
export function startWorker(
  job: SweepJob,
  { threads, gpu }: { readonly threads: number; readonly gpu: string | undefined },
  listener: Listener,
): Worker {
  const [program = "", ...args] = job.command;
  const [script = "", ...rest] = args.filter((arg) => !arg.startsWith("--import"));
  const child = fork(script, [...rest, "--worker", "--threads", String(threads)], {
    cwd: job.cwd,
    execPath: program,
    execArgv: args.filter((arg) => arg.startsWith("--import")),
    env: { ...process.env, ...(gpu !== undefined && { CUDA_VISIBLE_DEVICES: gpu }) },
    detached: true, // Ctrl-C at the terminal reaches the pool alone, which tells its workers
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let ready = false;
  let running: number | undefined;
  let lastLine = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      appendFileSync(join(job.folder, "workers.log"), text);
      lastLine = text.trim().split("\n").at(-1) ?? lastLine;
    });
  }
  child.on("message", (report: WorkerReport) => {
    if (report.kind === "ready") {
      ready = true;
      listener.onReady();
      return;
    }
    if (report.kind === "busy" || report.kind === "ended") running = undefined;
    listener.onNews(report);
  });
  let gone = false;
  const leave = (reason: string) => {
    if (gone) return;
    gone = true;
    listener.onExit(reason);
  };
  child.on("error", (thrown) => leave(thrown.message));
  child.on("close", (code, signal) => leave([signal ?? `exit code ${code}`, lastLine].filter(Boolean).join(": ")));
  return {
    get ready() {
      return ready;
    },
    get running() {
      return running;
    },
    run(index) {
      running = index;
      send(child, { run: index });
    },
    stop: () => send(child, { stop: true }),
  };
}

/** A process that has just died gets nothing more; its end is heard of by itself. */
function send(child: ChildProcess, order: WorkerOrder): void {
  if (child.connected) child.send(order, () => {});
}
