/** Every error that a user can meet. Codes are stable (tests match them); the wording is all here. */

export type ErrorCode =
  | "config.invalid"
  | "config.notFound"
  | "usage"
  | "plugin.unknown"
  | "plugin.invalid"
  | "plugin.failed"
  | "data.invalid"
  | "engine.unavailable"
  | "engine.step"
  | "run.notFound"
  | "run.inUse"
  | "run.damaged"
  | "run.io"
  | "checkpoint.invalid"
  | "checkpoint.mismatch"
  | "train.diverged"
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
  "engine.unavailable",
  "engine.step",
  "run.notFound",
  "run.inUse",
  "checkpoint.mismatch",
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
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  return `\`${line.length > 60 ? `${line.slice(0, 57)}...` : line}\``;
}

/** The candidate nearest to `name` by edit distance, when it is near enough to be a slip. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function didYouMean(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  if (near !== undefined) return `Did you mean \`${near}\`?`;
  return candidates.length > 0 ? `Known: ${candidates.join(", ")}.` : "";
}

// One function a kind of error, so that tests and readers find all wording here.

export function unknownKey(where: string, key: string, known: readonly string[]): ExperimentError {
  return new ExperimentError("config.invalid", `${where}: unknown key ${shown(key)}. ${didYouMean(key, known)}`.trim());
}

export function invalidValue(where: string, expected: string, got: unknown): ExperimentError {
  return new ExperimentError("config.invalid", `${where}: expected ${expected}, got ${shown(got)}.`);
}

export function unknownPlugin(kind: string, name: string, known: readonly string[], reason?: string): ExperimentError {
  const why = reason === undefined ? "" : ` (${reason})`;
  const message = `unknown ${kind} ${shown(name)}${why}. ${didYouMean(name, known)} A plugin of your own is named by its npm package or by a path that starts with \`./\`.`;
  return new ExperimentError("plugin.unknown", message);
}

export function invalidPlugin(name: string, problem: string): ExperimentError {
  return new ExperimentError("plugin.invalid", `plugin ${shown(name)}: ${problem}`);
}

export function pluginFailed(name: string, hook: string, step: number, thrown: unknown): ExperimentError {
  const message = `${name}: ${hook} failed at step ${step}: ${reasonOf(thrown)}`;
  return new ExperimentError("plugin.failed", message, thrown);
}

export function invalidData(where: string, problem: string): ExperimentError {
  return new ExperimentError("data.invalid", `${where}: ${problem}`);
}

export function internal(problem: string): ExperimentError {
  return new ExperimentError("internal", `internal: ${problem}. This is a fault in reluscope: please report it.`);
}
