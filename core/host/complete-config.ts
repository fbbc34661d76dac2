/** A config with its plugins' own defaults filled in. */
import { deepFreeze } from "../config/deep-freeze.ts";
import { leavesOf } from "../config/leaves.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { isPlainObject } from "../config/shorthand.ts";
import { byDefault } from "../config/source.ts";
import { configuredKinds, evalCorpusKey, pluginKinds } from "../contract/plugin.ts";
import type { Chosen, ChosenPlugins } from "./resolve.ts";

/** The config that plugins really run with: their options as their schemas resolved them. */
export function completeConfig(loaded: LoadedConfig, chosen: ChosenPlugins): LoadedConfig {
  let config: unknown = loaded.config;
  for (const kind of configuredKinds) {
    config = withValue(config, pluginKinds[kind].key.split("."), (given) => filled(given, chosen[kind]));
  }
  if (chosen.evalCorpus.length > 0) {
    config = withValue(config, evalCorpusKey.split("."), (given) => filled(given, chosen.evalCorpus));
  }
  const complete = deepFreeze(config as Config);
  const sources = leavesOf(complete).map(({ keyPath }) => [keyPath, loaded.sources[keyPath] ?? byDefault]);
  return { ...loaded, config: complete, sources: deepFreeze({ ...loaded.sources, ...Object.fromEntries(sources) }) };
}

type Completed = Chosen<unknown> & { readonly every?: number };

function filled(given: unknown, chosen: readonly Completed[]): unknown {
  const own = given as Readonly<Record<string, object>>;
  return Object.fromEntries(
    chosen.map(({ name, options, every }) => {
      const resolved = isPlainObject(options) ? options : {};
      return [name, { ...own[name], ...(every !== undefined && { every }), ...resolved }] as const;
    }),
  );
}

/** A copy in which the value at a key path is changed. */
function withValue(value: unknown, [key, ...rest]: readonly string[], change: (old: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  const map = value as Readonly<Record<string, unknown>>;
  return { ...map, [key]: withValue(map[key], rest, change) };
}
