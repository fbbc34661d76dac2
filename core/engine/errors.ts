/** Errors of engines and steps; they move into core/errors.ts as soon as that file is free. */
import { ExperimentError, shown } from "../errors.ts";

export function engineUnavailable(name: string, why: string, remedy: string): ExperimentError {
  return new ExperimentError("engine.unavailable", `engine ${shown(name)} is not available: ${why}. ${remedy}`);
}

export function invalidStep(where: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("engine.step", `${where}: ${problem}`, cause);
}

export function wrongShape(where: string, expected: string, got: string): ExperimentError {
  return invalidStep(where, `expected ${expected}, got ${got}.`);
}
