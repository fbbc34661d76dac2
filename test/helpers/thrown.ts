import { ExperimentError } from "../../core/errors.ts";

/** The ExperimentError that an action throws; fails when it throws nothing or something else. */
export function thrownBy(action: () => unknown): ExperimentError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof ExperimentError) return thrown;
    throw thrown;
  }
  throw new Error("expected an ExperimentError, but nothing was thrown");
}
