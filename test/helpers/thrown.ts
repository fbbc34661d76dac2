import { ExperimentError } from "../../core/errors/errors.ts";

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

/** The ExperimentError that a promise is rejected with; fails when it is fulfilled or rejected with something else. */
export async function rejectedBy(promise: Promise<unknown>): Promise<ExperimentError> {
  const outcome = await promise.then(
    () => "fulfilled" as const,
    (thrown: unknown) => ({ thrown }),
  );
  return thrownBy(() => {
    if (outcome !== "fulfilled") throw outcome.thrown;
  });
}
