import type { Run } from "../../../../core/contract/run.ts";
import { ExperimentError } from "../../../../core/errors/errors.ts";
import type { SummaryKind } from "./records.ts";

/** Distinct metrics that W&B asks a project to stay below (docs.wandb.ai, "Experiments limits and performance"). */
const mostKeys = 10_000;

/**
 * The most keys that a run's rows can have: every declared metric may come once or once for each layer. Arrays are
 * histograms under one key, however many neurons they have.
 */
export function predictedKeys(run: Pick<Run, "metrics" | "model">): number {
  const own = 4; // tokens, _step, _timestamp, _runtime
  return run.metrics.length * Math.max(1, run.model.n_layers) + own;
}

/** Refuses a run that would make W&B's pages unusable. */
export function checkKeys(run: Pick<Run, "metrics" | "model">): void {
  const keys = predictedKeys(run);
  if (keys <= mostKeys) return;
  throw new ExperimentError(
    "config.invalid",
    `sinks.wandb: expected at most ${mostKeys} keys, which W&B's pages can take, got up to ${keys} (${run.metrics.length} metrics, ${run.model.n_layers} layers). Leave out analyzers, or the wandb sink.`,
  );
}

/** The summary kinds of the first pattern that a key matches; `*` stands for anything. */
export function summaryRule(
  patterns: Readonly<Record<string, readonly SummaryKind[]>>,
): (key: string) => readonly SummaryKind[] {
  const rules = Object.entries(patterns).map(([pattern, kinds]) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return [new RegExp(`^${parts.join(".*")}$`, "s"), kinds] as const;
  });
  return (key) => rules.find(([pattern]) => pattern.test(key))?.[1] ?? [];
}
