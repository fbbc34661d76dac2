/** Errors of sweeps: their plans, and what is made of them. Part of errors.ts, which exports them. */
import { ExperimentError, shown } from "./experiment-error.ts";

export function noPlan(file?: string): ExperimentError {
  const got = file === undefined ? "got no config file" : `${file} has none`;
  const message = `sweep: expected a plan, a file or the key \`sweep\` of the rc file; ${got}. Name one: experiment sweep plan.yaml`;
  return new ExperimentError("usage", message);
}

export function invalidSweepKey(where: string, key: string): ExperimentError {
  const message = `${where}: expected a key of the config such as train.lr, got ${shown(key)}. A sweep names its runs and their folder itself.`;
  return new ExperimentError("config.invalid", message);
}

export function unevenZip(where: string, a: string, aCount: number, b: string, bCount: number): ExperimentError {
  const message = `${where}: expected as many values for each key, got ${aCount} for ${a} and ${bCount} for ${b}.`;
  return new ExperimentError("config.invalid", message);
}

export function tooManyRuns(where: string, count: number, most: number): ExperimentError {
  return new ExperimentError("usage", `${where}: expected at most ${most} runs, got ${count}. Leave some values out.`);
}

export function runNotPlanned(name: string, index: number, count: number): ExperimentError {
  const message = `sweep ${name}: expected the index of a run, 0 to ${count - 1}, got ${shown(index)}.`;
  return new ExperimentError("usage", message);
}

export function invalidIndices(flag: string, text: string, expected = "indices such as 3 or 0,5-9"): ExperimentError {
  return new ExperimentError("usage", `${flag}: expected ${expected}, got ${shown(text)}.`);
}

export function workersDoNotStart(reason: string, log: string): ExperimentError {
  return new ExperimentError("train.failed", `sweep: its processes end before their first run: ${reason}. See ${log}.`);
}

export function noSweepMetric(asked: string, known: readonly string[]): ExperimentError {
  const some = known.slice(0, 12).join(", ");
  const message = `--metric: no finished run has ${shown(asked)} in its last rows. It has ${some}${known.length > 12 ? ", ..." : ""}.`;
  return new ExperimentError("usage", message);
}

export function manyRuns(name: string, count: number, most: number): ExperimentError {
  return new ExperimentError(
    "usage",
    `sweep ${name}: ${count} runs are more than ${most}. Look at --dry-run, then add --yes.`,
  );
}

export function unknownSweepKey(key: string, keys: readonly string[]): ExperimentError {
  return new ExperimentError(
    "usage",
    `--by: expected keys that the plan varies (${keys.join(", ")}), got ${shown(key)}.`,
  );
}

export function noIndex(count: number): ExperimentError {
  return new ExperimentError(
    "usage",
    `sweep run: expected --index N, 0 to ${count - 1}. \`experiment sweep --dry-run\` lists them.`,
  );
}

/** `reason` is absent where there is no such command. */
export function schedulerFailed(command: string, reason: string | undefined): ExperimentError {
  const message =
    reason === undefined
      ? `${command}: not found. Start this where its scheduler is, or use --on local.`
      : `${command}: ${reason}`;
  return new ExperimentError("train.failed", message);
}

export function outsideVolume(where: string, path: string, local: string): ExperimentError {
  const message = `${where}: expected the plan and its runs in ${local}, the folder that pods see too; ${path} is not. Set it, or start there.`;
  return new ExperimentError("usage", message);
}
