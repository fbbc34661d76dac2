/** Wording of what goes wrong when runs are labelled, put into the trash, or taken out of it. */
import { ExperimentError } from "./experiment-error.ts";

export function runIsLive(id: string): ExperimentError {
  return new ExperimentError("run.inUse", `${id}: it is running. Stop it before it is moved to the trash.`);
}

export function notInTrash(id: string, known: readonly string[]): ExperimentError {
  const there =
    known.length === 0
      ? "The trash is empty."
      : `It holds ${known.slice(0, 10).join(", ")}${known.length > 10 ? ", …" : ""}.`;
  return new ExperimentError("run.notFound", `no run \`${id}\` in the trash. ${there}`);
}

export function placeTaken(id: string): ExperimentError {
  return new ExperimentError("usage", `${id}: a run of this id is there already. Move it away first.`);
}

export function confirmationNeeded(count: number): ExperimentError {
  const what = count === 1 ? "a run" : `${count} runs`;
  return new ExperimentError(
    "usage",
    `rm: this moves ${what} to the trash. Add --yes to do it, or --archive to only hide.`,
  );
}

export function invalidLabels(where: string, problem: string): ExperimentError {
  return new ExperimentError("usage", `${where}: ${problem}.`);
}
