/** What environment variables may set: `EXPERIMENT_TRAIN__LR=1e-3` for `train.lr`. */
import type { z } from "zod";
import { formatKeyPath } from "./key-path.ts";
import { pluginKeys } from "./shorthand.ts";
import { nested, textValue } from "./text-value.ts";
import type { Layer } from "./tree.ts";

const prefix = "EXPERIMENT_";

/**
 * A layer for each variable, by name. Two underscores separate the segments of a key path. Plugins' names are found
 * among the chosen ones with `_` for everything but letters and digits; others get `-` for `_`. Empty variables count as not set.
 */
export async function environmentLayers(
  env: Readonly<Record<string, string | undefined>>,
  schema: z.ZodType,
  chosen: (pluginKey: string) => readonly string[],
): Promise<Layer[]> {
  const names = Object.keys(env).filter((name) => name.startsWith(prefix));
  const layers = names.sort().map(async (name): Promise<Layer[]> => {
    const text = env[name] ?? "";
    if (text === "") return [];
    const path = keyPath(name, chosen);
    const value = await textValue(text, path, schema, name);
    return [{ values: nested(path, value), source: name }];
  });
  return (await Promise.all(layers)).flat();
}

function keyPath(variable: string, chosen: (pluginKey: string) => readonly string[]): string[] {
  const path: string[] = [];
  for (const segment of variable.slice(prefix.length).toLowerCase().split("__")) {
    const parent = formatKeyPath(path);
    const name = pluginKeys.has(parent) ? chosen(parent).find((plugin) => folded(plugin) === segment) : segment;
    path.push(name ?? segment.replaceAll("_", "-"));
  }
  return path;
}

function folded(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
}
