/** Runs on this machine: a pool of processes, each of which does one run after another. */
import { availableParallelism } from "node:os";
import { z } from "zod";
import { defineExecutor } from "../../../core/contract/executor.ts";
import { visibleGpus } from "./gpus.ts";
import { runPool } from "./pool.ts";

export const local = defineExecutor({
  name: "local",
  summary: "Processes of this machine, several at a time, each with its share of the cores or a GPU of its own.",
  options: z.strictObject({
    jobs: z.int().min(1).optional().describe("Runs at a time; default: one a GPU, else one a core."),
    threads: z.int().min(1).optional().describe("CPU threads of each run; default: the cores divided among the runs."),
    gpus: z.boolean().default(true).describe("Give each process one GPU (CUDA_VISIBLE_DEVICES), where there are any."),
  }),
  setup: (options) => ({
    async submit(job, host, signal) {
      const gpus = options.gpus ? visibleGpus() : [];
      const cores = availableParallelism();
      const wanted = job.atOnce ?? options.jobs ?? (gpus.length || cores);
      const jobs = Math.min(wanted, job.runs.length);
      const threads = options.threads ?? Math.max(1, Math.floor(cores / jobs));
      const share =
        gpus.length > 0
          ? `one GPU each (${gpus.length} here)`
          : `${threads} ${threads === 1 ? "thread" : "threads"} each`;
      host.info(`${job.runs.length} runs, ${jobs} at a time, ${share}`);
      await runPool(job, { jobs, threads, gpus }, host, signal);
      return "";
    },
  }),
});
