/** Hands runs to workers, one at a time each, until all have ended: a worker that dies is replaced, and its run tried once more. */

import { join } from "node:path";
import type { RunNews, SweepHost, SweepJob } from "../../../core/contract/executor.ts";
import { workersDoNotStart } from "../../../core/errors/errors.ts";
import { startWorker, type Worker } from "./worker.ts";

export interface PoolSize {
  readonly jobs: number;
  readonly threads: number;
  /** Names of GPUs; worker k gets the k-th, round and round. */
  readonly gpus: readonly string[];
}

/** How often a run may take its worker with it before it is left as it is. */
const mostDeaths = 2;
/** How often in a row a worker may die before it has begun anything. */
const mostStillborn = 3;
/** Time between two looks at runs that another process has, ms. */
const recheck = 1000;

/** Resolves when every run has ended, or once `signal` has stopped those that were under way. */
export async function runPool(job: SweepJob, size: PoolSize, host: SweepHost, signal: AbortSignal): Promise<void> {
  const queue = [...job.runs];
  const elsewhere: number[] = [];
  const deaths = new Map<number, number>();
  const workers = new Set<Worker>();
  let stillborn = 0;
  let timer: NodeJS.Timeout | undefined;

  await new Promise<void>((resolve, reject) => {
    const feed = (worker: Worker) => {
      const next = signal.aborted ? undefined : queue.shift();
      if (next !== undefined) return worker.run(next);
      const othersAtWork = [...workers].some((other) => other !== worker && other.running !== undefined);
      if (!signal.aborted && (elsewhere.length > 0 || othersAtWork)) return; // it may yet be needed
      worker.stop();
    };
    const feedIdle = () => {
      for (const worker of workers) if (worker.ready && worker.running === undefined) feed(worker);
    };
    const lookAgain = () => {
      timer = undefined;
      queue.push(...elsewhere.splice(0));
      feedIdle();
    };
    const onNews = (worker: Worker, news: RunNews) => {
      stillborn = 0;
      if (news.kind === "busy") {
        elsewhere.push(news.index);
        timer ??= setTimeout(lookAgain, recheck);
      }
      host.report(news);
      if (news.kind === "busy" || news.kind === "ended") feed(worker);
      if (news.kind === "ended") feedIdle();
    };
    const onExit = (worker: Worker, slot: number, reason: string) => {
      workers.delete(worker);
      const lost = worker.running;
      if (lost !== undefined) {
        const count = (deaths.get(lost) ?? 0) + 1;
        deaths.set(lost, count);
        const again = count < mostDeaths && !signal.aborted;
        if (again) queue.push(lost);
        else host.report({ index: lost, kind: "ended", state: "killed", reason });
        if (again) host.warn(`run ${lost}: its process died (${reason}); it is tried once more.`);
      } else if (!worker.ready && ++stillborn >= mostStillborn) {
        for (const other of workers) other.stop();
        return reject(workersDoNotStart(reason, join(job.folder, "workers.log")));
      }
      if (!signal.aborted && (queue.length > 0 || elsewhere.length > 0) && workers.size < size.jobs) start(slot);
      else if (workers.size === 0) resolve();
      else feedIdle();
    };
    const start = (slot: number) => {
      const gpu = size.gpus.length > 0 ? size.gpus[slot % size.gpus.length] : undefined;
      const worker: Worker = startWorker(
        job,
        { threads: size.threads, gpu },
        {
          onReady: () => feed(worker),
          onNews: (news) => onNews(worker, news),
          onExit: (reason) => onExit(worker, slot, reason),
        },
      );
      workers.add(worker);
    };
    signal.addEventListener("abort", () => {
      for (const worker of workers) worker.stop();
    });
    for (let slot = 0; slot < size.jobs; slot++) start(slot);
  }).finally(() => clearTimeout(timer));
}
