/** A folder of a published model: its architecture, its options, its weights. */
import { join } from "node:path";
import { z } from "zod";
import type { Model, ModelInstance } from "../../core/contract/model.ts";
import type { Published } from "../../core/contract/published.ts";
import { damagedWeights, reasonOf, unknownArchitecture } from "../../core/errors/errors.ts";
import { readRegularText } from "../../core/files/regular-file.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { openWeights } from "../../core/weights/folder.ts";
import { matchWeights } from "../../core/weights/table.ts";
import type { Subject } from "./subject.ts";

/** What a config.json comes to. */
export interface Architecture {
  readonly plugin: Model;
  readonly published: Published<unknown>;
  /** As the model's own schema has them. */
  readonly options: unknown;
}

/** Finds the model plugin for a folder: `candidates` first, then those that are built in. Throws `weights.invalid`. */
export async function architectureOf(
  folder: string,
  table: PluginTable,
  candidates: readonly Model[] = [],
): Promise<Architecture> {
  const path = join(folder, "config.json");
  const config = configOf(path);
  const builtIn = await Promise.all(Object.values(table.model).map((load) => load()));
  const models = [...candidates, ...builtIn].filter(({ published }) => published !== undefined);
  const plugin = models.find(({ published }) => published!.modelTypes.includes(String(config.model_type)));
  if (plugin === undefined) {
    const known = [...new Set(models.flatMap(({ published }) => published!.modelTypes))];
    throw unknownArchitecture(path, config.model_type, known);
  }
  const published = plugin.published as unknown as Published<unknown>;
  try {
    return { plugin, published, options: published.options(config) };
  } catch (thrown) {
    if (!(thrown instanceof z.ZodError)) throw thrown;
    const issue = thrown.issues[0];
    throw damagedWeights(path, `${issue?.path.join(".") ?? "top level"}: ${issue?.message ?? "not what it should be"}`);
  }
}

function configOf(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readRegularText(path, 16 << 20));
  } catch (thrown) {
    throw damagedWeights(path, reasonOf(thrown), thrown);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw damagedWeights(path, "expected a JSON object");
}

/** The weights in a folder as parameters of `model`; nothing is read before `open`. */
export function hubSubject(
  { path, step, tokens }: Omit<Subject, "open">,
  { published, options }: Architecture,
  model: ModelInstance,
): Subject {
  return {
    path,
    step,
    ...(tokens !== undefined && { tokens }),
    open: () => {
      const weights = openWeights(path);
      try {
        const matched = matchWeights(weights, published.weights(options), model.parameters, path);
        const unused = matched.unused.slice(0, 5).join(", ");
        const more = matched.unused.length > 5 ? ` and ${matched.unused.length - 5} more` : "";
        return {
          parameters: () => matched.parameters(),
          notes: unused === "" ? [] : [`${path}: tensors that this model has no place for: ${unused}${more}.`],
          dtype: matched.dtype,
          close: () => weights.close(),
        };
      } catch (thrown) {
        weights.close();
        throw thrown;
      }
    },
  };
}
