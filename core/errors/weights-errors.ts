/** Errors of models that were trained elsewhere: their weights, configs and tokenizers. Part of errors.ts, which exports them. */
import { ExperimentError, reasonOf, shown } from "./experiment-error.ts";

export function unreadableWeights(path: string, thrown: unknown): ExperimentError {
  return new ExperimentError("weights.invalid", `${path}: cannot be read: ${reasonOf(thrown)}.`, thrown);
}

export function damagedWeights(where: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("weights.invalid", `${where}: ${problem}.`, cause);
}

/** A pickle that is more than a list of tensors. */
export function refusedWeights(path: string, problem: string): ExperimentError {
  const message = `${path}: refused: ${problem}. Nothing in it was run. If you trust its source, save it again as safetensors.`;
  return new ExperimentError("weights.invalid", message);
}

export function noWeights(folder: string, names: readonly string[]): ExperimentError {
  return new ExperimentError("weights.invalid", `${folder}: expected one of ${names.join(", ")}, got none of them.`);
}

export function missingTensor(
  where: string,
  name: string,
  shape: readonly number[],
  got: readonly number[] | undefined,
): ExperimentError {
  const found = got === undefined ? "none of that name" : `[${got.join(" ")}]`;
  const message = `${where}: ${shown(name)}: expected [${shape.join(" ")}], got ${found}. Do config.json and weights belong together?`;
  return new ExperimentError("weights.invalid", message);
}

export function noTokenizer(folder: string): ExperimentError {
  const message = `${folder}: expected tokenizer.json, or vocab.json and merges.txt, got none of them.`;
  return new ExperimentError("weights.invalid", message);
}

export function damagedTokenizer(path: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("weights.invalid", `${path}: cannot be read as a tokenizer: ${problem}.`, cause);
}
