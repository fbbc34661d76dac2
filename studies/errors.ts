/** Errors of forks, overlaps and contrasts: what runs must have to be compared. */
import { ExperimentError, shown } from "../core/errors/errors.ts";

export function noCheckpointAt(run: string, step: number | undefined, steps: readonly number[]): ExperimentError {
  const wanted = step === undefined ? "a checkpoint" : `a checkpoint at step ${step}`;
  const there = steps.length === 0 ? "it has none" : `it has them at ${steps.join(", ")}`;
  const message = `run ${run}: expected ${wanted}, ${there}. checkpoint.every and checkpoint.keep_every decide which are kept.`;
  return new ExperimentError("usage", message);
}

/** `steps`: the checkpoints that there are. */
export function originGone(run: string, step: number, steps: readonly number[]): ExperimentError {
  const there = steps.length === 0 ? "it has none" : `it has them at ${steps.join(", ")}`;
  const message = `run ${run}: expected the checkpoint at step ${step}, which the fork begins with, ${there}. Bring it back, or fork another.`;
  return new ExperimentError("checkpoint.invalid", message);
}

/** `steps`: the checkpoints that there are. */
export function nothingToFork(run: string, step: number, steps: readonly number[]): ExperimentError {
  const earlier = steps.filter((one) => one < step);
  const remedy =
    earlier.length > 0
      ? `Fork an earlier one: --at ${earlier.join(", --at ")}.`
      : "Give the run a longer schedule first: `experiment resume RUN --steps N`.";
  return new ExperimentError(
    "usage",
    `run ${run}: step ${step} is the last of its schedule, which leaves a fork nothing to train. ${remedy}`,
  );
}

export function unknownCounterfactual(name: string, known: readonly string[]): ExperimentError {
  return new ExperimentError(
    "usage",
    `unknown counterfactual ${shown(name)}. Known: ${known.join(", ")}, N being a layer.`,
  );
}

export function noGradientNorms(got: number): ExperimentError {
  return new ExperimentError(
    "usage",
    `no-outliers: expected the gradient norms of at least 2 steps before the fork in rows.jsonl, got ${got}. Fork a later step, or a run with the json sink.`,
  );
}

export function notAFork(run: string): ExperimentError {
  return new ExperimentError(
    "usage",
    `run ${run}: expected a fork, got a run of its own. \`experiment fork\` makes them.`,
  );
}

export function tooFewForks(got: number): ExperimentError {
  return new ExperimentError("usage", `overlap: expected at least two forks of one checkpoint, got ${got}.`);
}

export function fewHeldOut(run: string, got: number, wanted: number, n_ctx: number): ExperimentError {
  const message = `run ${run}: expected at least ${wanted} held-out windows of ${n_ctx} tokens, two batches, got ${got}. Ask for fewer --tokens, or train with a larger data.eval_fraction.`;
  return new ExperimentError("usage", message);
}

export function armsMixed(arms: readonly string[]): ExperimentError {
  const message = `overlap: expected forks that differ in their data order alone, got arms ${arms.join(", ")}. What changes share with chance cannot be told from pooled arms.`;
  return new ExperimentError("usage", message);
}

export function forksDiffer(a: string, b: string): ExperimentError {
  return new ExperimentError(
    "usage",
    `forks ${a} and ${b}: expected the same run, step, length and settings of an arm; they differ.`,
  );
}

export function contrastRunsDiffer(a: string, b: string, keys: readonly string[]): ExperimentError {
  const message = `runs ${a} and ${b}: expected configs that differ in the seed alone, they differ in ${keys.join(", ")}.`;
  return new ExperimentError("usage", message);
}

export function seedsRepeat(drawn: string): ExperimentError {
  return new ExperimentError("usage", `contrast: expected one run for each seed, ${drawn} comes twice.`);
}

export function noContrastRows(run: string): ExperimentError {
  const message = `run ${run}: expected rows of the analyzer layer-contrast, got none. Add it to \`analyzers\` and train again.`;
  return new ExperimentError("usage", message);
}

export function noSuchGroups(by: readonly string[], found: readonly string[]): ExperimentError {
  const got = found.map((values) => (JSON.parse(values) as unknown[]).map((value) => JSON.stringify(value)).join(", "));
  const message = `contrast --by ${by.join(",")}: expected runs with two values or more, got one: ${got.join()}. Name a key of the config in which the runs differ.`;
  return new ExperimentError("usage", message);
}

export function metricNowhere(asked: string, known: readonly string[]): ExperimentError {
  const some = known.slice(0, 12).join(", ");
  const message = `contrast --metric: expected a metric that the runs have, got \`${asked}\`. They have ${some}${known.length > 12 ? ", ..." : ""}.`;
  return new ExperimentError("usage", message);
}

export function tooManySeeds(got: number, most: number): ExperimentError {
  const message = `contrast: expected at most ${most} seeds, for which all 2^${most} signs are tried, got ${got}. Name fewer runs.`;
  return new ExperimentError("usage", message);
}
