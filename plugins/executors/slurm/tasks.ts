/** How runs become tasks of an array. */
import { formatIndices } from "../../../core/contract/executor.ts";

export interface Tasks {
  /** What `--array` gets. */
  readonly array: string;
  /** Arguments of `sweep run` in a task, as shell text. */
  readonly argument: string;
  /** Runs of each task. */
  readonly runs: Readonly<Record<string, readonly number[]>>;
}

/** A task for each run, under the run's own index; where the cluster allows no such index, tasks that share the runs out. */
export function tasksOf(runs: readonly number[], most: number): Tasks {
  if ((runs.at(-1) ?? 0) < most) {
    const own = runs.map((index) => [String(index), [index]] as const);
    return { array: formatIndices(runs), argument: '--index "$SLURM_ARRAY_TASK_ID"', runs: Object.fromEntries(own) };
  }
  const count = Math.min(runs.length, most);
  const shares = Array.from(
    { length: count },
    (_, task) => [String(task), runs.filter((_, i) => i % count === task)] as const,
  );
  return {
    array: `0-${count - 1}`,
    argument: `--of ${formatIndices(runs)} --share "$SLURM_ARRAY_TASK_ID/${count}"`,
    runs: Object.fromEntries(shares),
  };
}
