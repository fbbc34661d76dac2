/** Runs as one array job of Slurm. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { defineExecutor, type SweepJob } from "../../../core/contract/executor.ts";
import { makeOwnFolder } from "../../../core/files/own-file.ts";
import { called } from "../called.ts";
import { jobScript } from "./script.ts";
import { readSubmissions, type Submission, writeSubmission } from "./submissions.ts";
import { tasksOf } from "./tasks.ts";

const oneLine = z.string().regex(/^[^\r\n\0]*$/, "one line");

const options = z.strictObject({
  directives: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.union([oneLine, z.number(), z.literal(true)]))
    .default({})
    .describe("Options of sbatch, such as `time: 02:00:00`, `partition: gpu`, `exclusive: true`."),
  setup: z.array(oneLine).default([]).describe("Shell lines before each run, such as `module load nodejs`."),
  throttle: z.int().min(1).optional().describe("Tasks at a time; default: as Slurm likes."),
  grace: z
    .int()
    .min(0)
    .default(120)
    .describe(
      "Seconds before the time limit at which a run saves a checkpoint and goes back into the queue; 0: never.",
    ),
});

export const slurm = defineExecutor({
  name: "slurm",
  summary: "An array job of Slurm, one task a run, requeued where it is preempted or its time is up.",
  options,
  setup: ({ throttle, ...script }) => ({
    async submit(job, host) {
      const queued = await queuedRuns(job);
      const idOf = new Map(job.runs.map((index, i) => [index, job.ids[i]!]));
      const runs = job.runs.filter((index) => !queued.has(idOf.get(index)!));
      if (queued.size > 0) host.info(`${queued.size} runs are in Slurm's queue already`);
      if (runs.length === 0) return "nothing to submit";
      const tasks = tasksOf(runs, await mostTasks());
      makeOwnFolder(job.folder, "slurm");
      const file = join(job.folder, "slurm", `${Date.now()}.sh`);
      writeFileSync(file, jobScript(job, tasks.argument, script));
      chmodSync(file, 0o755);
      const atOnce = job.atOnce ?? throttle;
      const array = `--array=${tasks.array}${atOnce === undefined ? "" : `%${atOnce}`}`;
      const id = /^\d+/.exec((await called("sbatch", ["--parsable", array, file])).trim())?.[0] ?? "";
      const named = Object.entries(tasks.runs).map(([task, own]) => [task, own.map((index) => idOf.get(index)!)]);
      writeSubmission(job.folder, { job: id, runs: Object.fromEntries(named) });
      return `submitted ${runs.length} runs as job ${id} (${array.slice(2)}); logs in ${join(job.folder, "slurm")}`;
    },
    async cancel(job) {
      const jobs = readSubmissions(job.folder).map((submission) => submission.job);
      const before = (await taskStates(jobs)).length;
      if (before === 0) return "nothing of it is in Slurm's queue";
      await called("scancel", jobs);
      return `cancelled ${before} ${before === 1 ? "task" : "tasks"} of Slurm`;
    },
    async queue(job) {
      const tasks = await taskStates(readSubmissions(job.folder).map((submission) => submission.job));
      const running = tasks.filter(({ state }) => state === "RUNNING" || state === "COMPLETING").length;
      return { waiting: tasks.length - running, running };
    },
  }),
});

/** Most tasks that an array of this cluster may have. */
async function mostTasks(): Promise<number> {
  const config = await called("scontrol", ["show", "config"]);
  return Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1] ?? 1001);
}

/** Names of the runs that wait or run in Slurm now. */
async function queuedRuns({ folder }: SweepJob): Promise<ReadonlySet<string>> {
  const submissions = readSubmissions(folder);
  const byJob = new Map<string, Submission>(submissions.map((submission) => [submission.job, submission]));
  const tasks = await taskStates([...byJob.keys()]);
  return new Set(tasks.flatMap(({ job, task }) => byJob.get(job)?.runs[String(task)] ?? []));
}

interface Task {
  readonly job: string;
  readonly task: number;
  readonly state: string;
}

/** Tasks that have not ended; jobs that Slurm has forgotten have none. */
async function taskStates(jobs: readonly string[]): Promise<Task[]> {
  if (jobs.length === 0) return [];
  // Asked for all of one's own: naming a job that is forgotten would be an error.
  const text = await called("squeue", ["--noheader", "--array", "--me", "--format=%F %K %T"]);
  return text.split("\n").flatMap((line) => {
    const [job, task, state] = line.trim().split(/\s+/);
    return job !== undefined && state !== undefined && jobs.includes(job) ? [{ job, task: Number(task), state }] : [];
  });
}
