/** Errors of configs: what cannot be read, or may not be there. Part of errors.ts, which exports them. */
import { ExperimentError, reasonOf, shown } from "./experiment-error.ts";

/** The same error, with the place in the config that it comes from. */
export function placedAt(place: string, error: ExperimentError): ExperimentError {
  return new ExperimentError(error.code, `${place}: ${error.message}`, error.cause);
}

/** Faults that are listed; who has more has made the same one many times. */
const mostFaults = 50;

/** Several faults of one config at once, a line each. */
export function severalProblems(problems: readonly ExperimentError[]): ExperimentError {
  const [first, ...others] = problems;
  if (first !== undefined && others.length === 0) return first;
  const code = others.every((other) => other.code === first?.code) ? first?.code : undefined;
  const lines = problems.slice(0, mostFaults).map((problem) => problem.message);
  if (problems.length > mostFaults) lines.push(`and ${problems.length - mostFaults} more faults`);
  return new ExperimentError(code ?? "config.invalid", lines.join("\n"));
}

/** `place` is the file, with line and column where they are known. */
export function unreadableConfig(place: string, thrown: unknown): ExperimentError {
  const reason = thrown instanceof Error && "reason" in thrown ? String(thrown.reason) : reasonOf(thrown);
  const line = reason.replace(/\s+/g, " ").replace(/\.$/, "");
  return new ExperimentError("config.invalid", `${place}: cannot be read: ${line}.`, thrown);
}

export function configNotFound(where: string, file: string): ExperimentError {
  return new ExperimentError("config.notFound", `${where}: expected a file, got ${shown(file)}, which does not exist.`);
}

export function circularImport(files: readonly string[]): ExperimentError {
  return new ExperimentError(
    "config.invalid",
    `${files[0]}: $import: expected no circle, got ${files.join(" -> ")}. Take one of these imports out.`,
  );
}

export function tooManyImports(where: string, most: number): ExperimentError {
  const message = `${where}: $import: expected at most ${most} imports in all, got more: files import others several times. Import each once.`;
  return new ExperimentError("config.invalid", message);
}

/** `most`: what there may be of it. */
export function configTooLarge(where: string, most: string): ExperimentError {
  const message = `${where}: expected at most ${most} (what an anchor stands for counts each time), got more.`;
  return new ExperimentError("config.invalid", message);
}
