import type { TrainConfig } from "../config/schema.ts";

/** The step that ends the run; the schedule is that of `steps` in any case. */
export function lastStep({ steps, until }: Pick<TrainConfig, "steps" | "until">): number {
  return until > 0 ? Math.min(until, steps) : steps;
}

/**
 * The learning rate of optimizer step `step`, the first being 1: linear from `lr / warmup_steps` up to `lr`, then half a cosine
 * down to `lr * min_lr`, which the last step reaches.
 */
export function learningRate(config: TrainConfig, step: number): number {
  const { lr, min_lr, warmup_steps, steps } = config;
  if (step <= warmup_steps) return (lr * step) / warmup_steps;
  const progress = Math.min(1, (step - warmup_steps) / Math.max(1, steps - warmup_steps));
  return lr * (min_lr + (1 - min_lr) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
