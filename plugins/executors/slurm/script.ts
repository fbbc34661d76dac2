/** The batch script of an array job. */
import { join } from "node:path";
import type { SweepJob } from "../../../core/contract/executor.ts";
import { shellQuoted } from "../called.ts";

export interface ScriptOptions {
  readonly directives: Readonly<Record<string, string | number | true>>;
  readonly setup: readonly string[];
  readonly grace: number;
}

/** `argument` chooses the runs of a task. A user's directives come last and so win. */
export function jobScript(job: SweepJob, argument: string, { directives, setup, grace }: ScriptOptions): string {
  const own = {
    "job-name": job.name,
    output: join(job.folder, "slurm", "%A_%a.log").replaceAll(" ", "\\ "),
    "open-mode": "append",
    requeue: true,
    ...(grace > 0 && { signal: `B:USR2@${grace}` }),
  } as const;
  const lines = Object.entries({ ...own, ...directives }).map(([name, value]) =>
    value === true ? `#SBATCH --${name}` : `#SBATCH --${name}=${value}`,
  );
  return `#!/bin/bash
${lines.join("\n")}
cd ${shellQuoted(job.cwd)} || exit 1
${setup.map((line) => `${line}\n`).join("")}
${job.command.map(shellQuoted).join(" ")} ${argument} &
child=$!
# Slurm signals this shell; the run saves a checkpoint and ends.
trap 'kill -TERM "$child" 2>/dev/null' TERM
trap 'kill -USR2 "$child" 2>/dev/null' USR2
code=0
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done
# 75: its time is nearly up. It goes back into the queue and on from its checkpoint.
if [ "$code" = 75 ]; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
`;
}
