/** What environment variables may set: `EXPERIMENT_TRAIN__LR=1e-3` for `train.lr`, `RELUSCOPE_SEED=2` for `seed`. */
import type { z } from "zod";
import { formatKeyPath } from "./key-path.ts";
import { listKeys } from "./keys.ts";
import { pluginKeys } from "./shorthand.ts";
import { nested, textValue } from "./text-value.ts";
import type { Layer } from "./tree.ts";

/** Nobody else's. */
const ours = "RELUSCOPE_";
/** Other tools use it too: only with `__` in the name is a variable meant for this one. */
const shared = "EXPERIMENT_";

/** The layers that an environment makes up, and notes on variables that are almost ours. */
export interface Environment {
  readonly layers: readonly Layer[];
  readonly notes: readonly string[];
}

/**
 * A layer for each variable, by name. Two underscores separate the segments of a key path. Plugins' names are found
 * among the chosen ones with `_` for everything but letters and digits; others get `-` for `_`. Empty variables count as not set.
 */
export async function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  schema: z.ZodType,
  chosen: (pluginKey: string) => readonly string[],
): Promise<Environment> {
  const set = Object.keys(env)
    .filter((name) => env[name])
    .sort();
  const mine = set.filter((name) => name.startsWith(ours) || (name.startsWith(shared) && name.includes("__")));
  const layers = mine.map(async (name): Promise<Layer> => {
    const path = keyPath(name, chosen);
    return { values: nested(path, await textValue(env[name] ?? "", path, schema, name)), source: name };
  });
  const others = set.filter((name) => name.startsWith(shared) && !name.includes("__"));
  return { layers: await Promise.all(layers), notes: others.flatMap((name) => almostOurs(name, schema)) };
}

/** For a variable that names a key in every way but one. */
function almostOurs(variable: string, schema: z.ZodType): string[] {
  const name = variable.slice(shared.length);
  const key = listKeys(schema).find(({ path, isSection }) => {
    return path.join("_").toUpperCase() === name && (!isSection || path[0] === "engine");
  });
  if (key === undefined) return [];
  const { path } = key;
  const right = path.length === 1 ? `${ours}${name}` : `${shared}${path.join("__").toUpperCase()}`;
  return [`${variable} has no effect: ${right} sets ${formatKeyPath(path)}`];
}

function keyPath(variable: string, chosen: (pluginKey: string) => readonly string[]): string[] {
  const path: string[] = [];
  const segments = variable.slice((variable.startsWith(ours) ? ours : shared).length).toLowerCase();
  for (const segment of segments.split("__")) {
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
