/** Errors that only this sink reports. */
import { ExperimentError } from "../../../core/errors/errors.ts";

/** Two settings that each say who someone is. */
export function twoLogins(one: string, other: string): ExperimentError {
  return new ExperimentError(
    "config.invalid",
    `${other}: expected no ${one} beside it, got both. Unset one of the two.`,
  );
}

/** A tracking server has a run, or has none, where the config asked for the opposite. */
export function resumeRefused(problem: string): ExperimentError {
  return new ExperimentError(
    "config.invalid",
    `sinks.wandb.resume: ${problem}. Choose another \`id\`, or \`resume: allow\`.`,
  );
}

/** A W&B transaction log that cannot be read past `at`. */
export function damagedLog(path: string, at: number, problem: string): ExperimentError {
  return new ExperimentError(
    "run.damaged",
    `${path}: damaged at byte ${at}: ${problem}. What stands before it is whole; rows.jsonl of the run has every row.`,
  );
}

/** A log that a run directory points to, outside of it and of where the user keeps logs. */
export function logElsewhere(pointer: string, log: string, folder: string): ExperimentError {
  const message = `${pointer}: its W&B log is elsewhere, at ${log}, and your settings do not say so. Set WANDB_DIR=${folder}, or use \`sync --trust\` if you know who made the run.`;
  return new ExperimentError("run.untrusted", message);
}
