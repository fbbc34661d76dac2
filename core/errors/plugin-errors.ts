/** Errors of plugins, and of what a config says about them. Part of errors.ts, which exports them. */
import { ExperimentError, reasonOf, shown } from "./experiment-error.ts";
import { didYouMean } from "./nearest.ts";

export function unknownPlugin(kind: string, name: string, known: readonly string[], reason?: string): ExperimentError {
  const why = reason === undefined ? "" : ` (${reason})`;
  const message = `unknown ${kind} ${shown(name)}${why}. ${didYouMean(name, known)} A plugin of your own is named by its npm package or by a path that starts with \`./\`.`;
  return new ExperimentError("plugin.unknown", message);
}

export function invalidPlugin(name: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("plugin.invalid", `plugin ${shown(name)}: ${problem}`, cause);
}

/** What `analyze` returned; the plugin is named by whoever catches it. */
export function wrongValue(where: string, expected: string, got: string, hint = ""): ExperimentError {
  return new ExperimentError("plugin.invalid", `${where}: expected ${expected}, got ${got}. ${hint}`.trim());
}

/** What `reluscope/testing` finds. */
export function brokenContract(name: string, problem: string, cause?: unknown): ExperimentError {
  return new ExperimentError("plugin.invalid", `plugin ${shown(name)} breaks the contract: ${problem}.`, cause);
}

export function pluginFailed(name: string, hook: string, step: number, thrown: unknown): ExperimentError {
  const message = `${name}: ${hook} failed at step ${step}: ${reasonOf(thrown)}`;
  return new ExperimentError("plugin.failed", message, thrown);
}

/** An analyzer watches a site that the model of the run has not. */
export function siteMissing(analyzer: string, site: string, model: string, known: readonly string[]): ExperimentError {
  const message = `analyzer ${shown(analyzer)}: expected a site that model ${shown(model)} has (${known.join(", ")}), got ${shown(site)}. Leave the analyzer out, or choose another model.`;
  return new ExperimentError("plugin.invalid", message);
}

/** A model declares a site and does not hand it over. */
export function siteNotHandedOver(site: string, expected: number, got: number): ExperimentError {
  const message = `model: expected ${shown(site)} to be observed ${expected} time${expected === 1 ? "" : "s"} in a forward pass, got ${got}.`;
  return new ExperimentError("plugin.invalid", message);
}

/** A key that is set, and that the chosen plugin does not read. `where` names the key's source. */
export function keyNotRead(where: string, kind: string, plugin: string, read: readonly string[]): ExperimentError {
  const message = `${where}: ${kind} ${shown(plugin)} does not read this key. It reads ${read.join(", ") || "none of them"}. Leave the key out.`;
  return new ExperimentError("config.invalid", message);
}

/** A probe that looks at micro-batches one by one asks for the gradients of their batch. */
export function earlyGradients(analyzer: string, parameter: string): ExperimentError {
  const message = `${analyzer}: probe: asks for the gradient of ${shown(parameter)}, which is not known before the last micro-batch: with \`combine\` a probe looks at one after another. Return what is made of gradients from \`probeGradients\`.`;
  return new ExperimentError("engine.step", message);
}
