/** The one class of errors, its codes and exit codes, and how values are shown in messages. */

export type ErrorCode =
  | "config.invalid"
  | "config.notFound"
  | "usage"
  | "plugin.unknown"
  | "plugin.invalid"
  | "plugin.failed"
  | "data.invalid"
  | "data.changed"
  | "engine.unavailable"
  | "engine.step"
  | "engine.changed"
  | "run.notFound"
  | "run.inUse"
  | "run.taken"
  | "run.untrusted"
  | "run.damaged"
  | "run.io"
  | "checkpoint.invalid"
  | "checkpoint.newer"
  | "checkpoint.mismatch"
  | "weights.invalid"
  | "train.diverged"
  | "train.failed"
  | "interrupted"
  | "internal";

/** Exit codes of the command: 0 finished, 1 failed, 2 usage or config, 130 interrupted. */
const usageCodes: ReadonlySet<ErrorCode> = new Set([
  "config.invalid",
  "config.notFound",
  "usage",
  "plugin.unknown",
  "plugin.invalid",
  "data.invalid",
  "data.changed",
  "engine.unavailable",
  "engine.step",
  "engine.changed",
  "run.notFound",
  "run.inUse",
  "run.untrusted",
  "checkpoint.mismatch",
  "weights.invalid",
]);

/** The one error class: `where: what was expected, what was got. What to do.` */
export class ExperimentError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ExperimentError";
    this.code = code;
  }
  get exitCode(): 1 | 2 | 130 {
    if (this.code === "interrupted") return 130;
    return usageCodes.has(this.code) ? 2 : 1;
  }
}

/** The message of anything thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A value as it is shown in a message: quoted, on one line, at most 60 characters. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? value : jsonOf(value);
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return `\`${line.length > 60 ? `${line.slice(0, 57)}...` : line}\``;
}

function jsonOf(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
