/** A config with its plugins' own defaults filled in. */
import { deepFreeze } from "../config/deep-freeze.ts";
import { formatKeyPath } from "../config/key-path.ts";
import { leavesOf } from "../config/leaves.ts";
import type { LoadedConfig } from "../config/load.ts";
import { valueAt } from "../config/problems.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { isPlainObject } from "../config/shorthand.ts";
import { byDefault } from "../config/source.ts";
import { configuredKinds, evalCorpusKey, type Plugin, pluginKinds } from "../contract/plugin.ts";
import type { Chosen, ChosenPlugins } from "./resolve.ts";

/**
 * The config that plugins really run with: their options as their schemas resolved them. A source is told for what differs from
 * the defaults, all options of a plugin that nobody gets by default among it, and for default plugins that were left out.
 */
export function completeConfig(loaded: LoadedConfig, chosen: ChosenPlugins): LoadedConfig {
  let config: unknown = loaded.config;
  let defaults: unknown = configSchema.parse({});
  for (const kind of configuredKinds) {
    const path = pluginKinds[kind].key.split(".");
    config = withValue(config, path, (given) => filled(given, chosen[kind]));
    defaults = withValue(defaults, path, (given) => defaultsOf(given, chosen[kind]));
  }
  if (chosen.evalCorpus.length > 0) {
    config = withValue(config, evalCorpusKey.split("."), (given) => filled(given, chosen.evalCorpus));
  }
  const complete = deepFreeze(config as Config);
  return { ...loaded, config: complete, sources: deepFreeze(sourcesOf(complete, defaults, loaded.sources)) };
}

function sourcesOf(config: unknown, defaults: unknown, given: LoadedConfig["sources"]): Record<string, string> {
  const byPath = new Map(leavesOf(defaults).map(({ keyPath, value }) => [keyPath, JSON.stringify(value)]));
  const sources: Record<string, string> = {};
  for (const { path, keyPath, value } of leavesOf(config)) {
    const isDefault = byPath.get(keyPath) === JSON.stringify(value);
    sources[keyPath] = isDefault ? byDefault : sourceOf(path, given);
    byPath.delete(keyPath);
  }
  for (const { key, takes } of Object.values(pluginKinds)) {
    if (takes === "one") continue;
    const path = key.split(".");
    const named = (one: unknown) => Object.keys((valueAt(one, path) ?? {}) as object);
    for (const name of named(defaults).filter((one) => !named(config).includes(one))) {
      const source = sourceOf([...path, name], given);
      sources[formatKeyPath([...path, name])] = source === byDefault ? "config" : source;
    }
  }
  return sources;
}

/** Where a value came from: what is on record for it, or for the nearest map around it. */
function sourceOf(path: readonly string[], given: LoadedConfig["sources"]): string {
  for (let length = path.length; length > 0; length--) {
    const source = given[formatKeyPath(path.slice(0, length))];
    if (source !== undefined && source !== byDefault) return source;
  }
  return byDefault;
}

/** What plugins that are there by default have as options when nobody says anything; others are left out. */
function defaultsOf(usual: unknown, chosen: readonly (Completed & { readonly plugin: Plugin })[]): unknown {
  const own = (usual ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.keys(own).map((name) => {
      const plugin = chosen.find((one) => one.name === name)?.plugin;
      const options = plugin?.options.safeParse({});
      const every = plugin?.kind === "analyzer" ? { every: plugin.every ?? 1 } : {};
      const resolved = options?.success && isPlainObject(options.data) ? options.data : {};
      return [name, { ...every, ...resolved }];
    }),
  );
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
