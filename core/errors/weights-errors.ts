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

/** An analyzer asks for gradients in a run that only looks. */
export function noGradients(analyzer: string, parameter: string): ExperimentError {
  const message = `${analyzer}: expected a probe that does without gradients, got one that asks for that of ${shown(parameter)}. Nothing is trained in an observed run: leave out where \`run.observed\` is set what needs them, and list those metrics in \`gradients\`.`;
  return new ExperimentError("plugin.invalid", message);
}

export function unknownArchitecture(path: string, type: unknown, known: readonly string[]): ExperimentError {
  const message = `${path}: model_type: expected one of ${known.join(", ")}, got ${shown(type)}. docs/observe.md shows how to add one in a file.`;
  return new ExperimentError("weights.invalid", message);
}

export function noCheckpointIn(path: string, exists: boolean): ExperimentError {
  const got = exists ? "got a folder without any" : "got nothing there";
  const message = `${path}: expected a model's folder (config.json and weights), a run, a checkpoint, or a folder of those, ${got}.`;
  return new ExperimentError("usage", message);
}

export function unknownStep(path: string, pattern: string): ExperimentError {
  const message = `${path}: expected its step in its name, as ${shown(pattern)} finds it. Set observe.step_pattern, or give \`{ path, step }\` in observe.paths.`;
  return new ExperimentError("usage", message);
}

export function sameStep(step: number, a: string, b: string): ExperimentError {
  return new ExperimentError(
    "usage",
    `${a} and ${b}: expected one checkpoint for each step, both are of step ${step}.`,
  );
}

export function tooManyIds(file: string, most: number): ExperimentError {
  const message = `${file}: expected token ids below ${most}, got one above. Do tokenizer and model belong together?`;
  return new ExperimentError("weights.invalid", message);
}

export function nothingToObserve(): ExperimentError {
  const message =
    "observe: expected checkpoints, got none. Name folders: `experiment observe PATH…`, or `observe.paths` in the config.";
  return new ExperimentError("usage", message);
}

export function mixedSubjects(a: string, b: string): ExperimentError {
  const message = `${a} and ${b}: expected checkpoints of one model, got two kinds. Observe them one after another.`;
  return new ExperimentError("usage", message);
}

/** An observed run keeps what was seen, not what was looked at. */
export function noParameters(run: string, source: string): ExperimentError {
  const message = `run ${run}: expected a run with parameters, got one that observed ${source}: it keeps what was seen. What it looked at is in its \`observe.paths\`.`;
  return new ExperimentError("usage", message);
}

export function allLookedAt(run: string, step: number): ExperimentError {
  const message = `run ${run}: it is finished, every checkpoint was looked at, up to step ${step}. It goes on once its \`observe.paths\` hold later ones.`;
  return new ExperimentError("usage", message);
}

export function tokensUnknown(path: string): ExperimentError {
  const message = `observe.every_tokens: expected training tokens of every checkpoint, ${path} has none. Set observe.tokens_per_step, or give \`{ path, step, tokens }\` in observe.paths.`;
  return new ExperimentError("config.invalid", message);
}

export function contextTooLong(asked: number, most: number): ExperimentError {
  const message = `model.n_ctx: expected at most ${most}, the positions that the model has, got ${asked}.`;
  return new ExperimentError("config.invalid", message);
}

export function noNextText(): ExperimentError {
  const message =
    "observe.text: expected `same`, got `next`: what training read next is known of our own checkpoints only.";
  return new ExperimentError("config.invalid", message);
}

export function notALayersModel(): ExperimentError {
  const message =
    "watch: expected a tf.LayersModel made by the same copy of @tensorflow/tfjs, got something else. `npm ls @tensorflow/tfjs` shows whether there are two; for graph models and loops of your own use `observe`.";
  return new ExperimentError("usage", message);
}

export function nothingToWatch(layers: readonly string[]): ExperimentError {
  const message = `watch: expected layers that end in a ReLU, got ${layers.join(", ")}. Name the ones to watch with \`layers\`; those within a model that is a layer cannot be seen.`;
  return new ExperimentError("usage", message);
}

export function unknownLayers(names: readonly string[], known: readonly string[]): ExperimentError {
  const message = `watch: layers: ${names.map(shown).join(", ")}: the model has ${known.join(", ")}.`;
  return new ExperimentError("usage", message);
}

/** An analyzer asks for a site that activations alone do not make up. */
export function notWatched(analyzer: string, site: string, known: readonly string[]): ExperimentError {
  const message = `${analyzer}: asks for ${shown(site)}; a TensorFlow.js model that is watched has ${known.join(", ")}.`;
  return new ExperimentError("plugin.invalid", message);
}

export function wrongActivations(layer: string, shape: readonly number[]): ExperimentError {
  const message = `${layer}: expected activations [batch units] or [batch ... units], got [${shape.join(" ")}].`;
  return new ExperimentError("usage", message);
}

export function watcherClosed(run: string): ExperimentError {
  return new ExperimentError(
    "usage",
    `${run}: this run is ended. Call \`watch\` or \`observe\` again for another one.`,
  );
}

export function notAscending(step: number, last: number): ExperimentError {
  return new ExperimentError("usage", `look: expected a step after ${last}, got ${step}.`);
}
