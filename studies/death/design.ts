/** Which forks it takes: checkpoints, data orders, and what is changed in each arm. */
import { listCheckpoints } from "../../core/checkpoint/folder.ts";
import { readRun } from "../../core/record/runs.ts";

/** What is asked for. */
export interface DeathOptions {
  /** Folder of the run directories; forks are looked for and made there. */
  readonly root: string;
  /** Directories of the runs. */
  readonly dirs: readonly string[];
  /** Checkpoints of each run, and data orders of each checkpoint. */
  readonly points: number;
  readonly orders: number;
  /** Steps after a checkpoint at which plain forks are looked at; the longest decides. */
  readonly horizons: readonly number[];
  /** Tokens without a firing that make a unit silent. */
  readonly tokens: number;
  readonly acceptChangedCorpus?: boolean;
}

/** Checkpoints of one run that are continued. */
export interface Design {
  readonly dir: string;
  readonly run: string;
  readonly steps: readonly number[];
  /** Arms beside the plain one. */
  readonly arms: readonly string[];
  /** What stands in the way of more. */
  readonly notes: readonly string[];
}

/** Spreads the checkpoints evenly over those after warm-up that leave the longest horizon to train. */
export function designOf(dir: string, byLayer: readonly number[], { points, horizons }: DeathOptions): Design {
  const { run } = readRun(dir);
  const { train } = run.config as { train: { steps: number; weight_decay: number } };
  const longest = Math.max(...horizons);
  const all = listCheckpoints(dir)
    .map(({ step }) => step)
    .toReversed();
  const fitting = all.filter((step) => step >= Math.max(1, run.warmupSteps) && step + longest <= train.steps);
  const last = Math.max(1, points - 1);
  const spread = Array.from({ length: points }, (_, k) => fitting[Math.round((k * (fitting.length - 1)) / last)]);
  const steps = [...new Set(spread.filter((step) => step !== undefined))];
  const layer = byLayer.some((count) => count > 0)
    ? byLayer.indexOf(Math.max(...byLayer))
    : Math.floor(run.model.n_layers / 2);
  const arms = ["no-outliers", "half-lr", ...(train.weight_decay > 0 ? ["no-decay"] : []), `hold-upstream-${layer}`];
  const there = all.length === 0 ? "none" : all.join(", ");
  const notes =
    steps.length < points
      ? [
          `run ${run.id}: ${steps.length} checkpoints lie after warm-up (step ${run.warmupSteps}) and leave ${longest} of ${train.steps} steps, not ${points}; there are ${there}. checkpoint.at or checkpoint.keep_every keep more, --horizons takes fewer steps.`,
        ]
      : [];
  return { dir, run: run.id, steps, arms, notes };
}
