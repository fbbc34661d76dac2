/** Part of the contract: what carries out the runs of a sweep: processes of this machine, or a scheduler of many. */
import type { z } from "zod";
import type { Awaitable } from "./run.ts";
import type { Notices } from "./sink.ts";

/** The runs that an executor is handed. */
export interface SweepJob {
  /** The sweep's name: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** A folder for scripts, logs and the like, absolute; it is there, and the sweep's own. */
  readonly folder: string;
  /** What is to be done: indices in the plan, rising. Others are finished, or under way. */
  readonly runs: readonly number[];
  /** Their names, in the same order: a plan may come to count its runs in another way, they keep their names. */
  readonly ids: readonly string[];
  /** Runs in the whole plan. */
  readonly planned: number;
  /** The plan as it was started, absolute: what `command` ends with. */
  readonly plan: string;
  /** At most so many at a time; absent: as the executor likes. */
  readonly atOnce?: number;
  /**
   * The command that does runs of this sweep, to be called with `--index N` (or `3,5-9`), or with `--of LIST --share I/N` (every
   * N-th of a list, from the I-th on), or with `--worker`, see `WorkerOrder`. It may be called again for a run at any time: it
   * goes on where the run stands. On SIGTERM it saves a checkpoint and ends with 130; on SIGUSR2 the same with 75.
   */
  readonly command: readonly string[];
  /** The folder to call it in, absolute. */
  readonly cwd: string;
}

/** What a worker is told, by Node's channel between processes (`fork`); it also stops when the channel closes. */
export type WorkerOrder = { readonly run: number } | { readonly stop: true };

/** What a worker tells. It does one run after another, and takes the next order after `ready` and after each end. */
export type WorkerReport = { readonly kind: "ready" } | RunNews;

/** News of a run. `busy`: another process has it. */
export type RunNews = { readonly index: number } & (
  | { readonly kind: "started" }
  | { readonly kind: "step"; readonly step: number; readonly steps: number }
  | { readonly kind: "busy" }
  | { readonly kind: "ended"; readonly state: EndState; readonly reason?: string }
);

/** How a run ended, or that its process died. */
export type EndState = "finished" | "failed" | "interrupted" | "killed";

/** What an executor may use while it submits. */
export interface SweepHost extends Notices {
  report(news: RunNews): void;
}

/** Who has the runs that are not done yet. */
export interface Queue {
  readonly waiting: number;
  readonly running: number;
}

/** An executor: what carries runs out. */
export interface ExecutorSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  setup(options: O): ExecutorInstance;
}

/** An executor with its options. */
export interface ExecutorInstance {
  /**
   * Hands the runs over. An executor that runs them itself resolves when all have ended or `signal` has stopped them; one that
   * submits them elsewhere resolves at once. The text says what happened, or what the user does next.
   */
  submit(job: SweepJob, host: SweepHost, signal: AbortSignal): Promise<string>;
  /** Takes back what was submitted elsewhere and has not ended; the text says what that was. */
  cancel?(job: SweepJob): Promise<string>;
  /** What waits and runs elsewhere; undefined where that cannot be told. */
  queue?(job: SweepJob): Awaitable<Queue | undefined>;
}

/** Any executor, its type parameter forgotten. */
export interface Executor extends ExecutorSpec<never> {
  readonly kind: "executor";
}

/** Makes an executor. */
export function defineExecutor<O>(spec: ExecutorSpec<O>): Executor {
  return { kind: "executor", ...spec } as unknown as Executor;
}

/** Indices as `--index` and `--of` read them, neighbours together: `3,5-9`. */
export function formatIndices(indices: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < indices.length; ) {
    let end = i;
    while (indices[end + 1] === indices[end]! + 1) end++;
    parts.push(end > i ? `${indices[i]}-${indices[end]}` : String(indices[i]));
    i = end + 1;
  }
  return parts.join(",");
}
