/** A config with its plugins' own defaults filled in. */

import { frozen } from "../config/frozen.ts";
import { leavesOf } from "../config/leaves.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { PluginOptions } from "../config/schema.ts";
import { isPlainObject } from "../config/shorthand.ts";
import { byDefault } from "../config/source.ts";
import type { ChosenPlugins } from "./resolve.ts";

/** The config that plugins really run with: their options as their schemas resolved them. */
export function completeConfig(loaded: LoadedConfig, chosen: ChosenPlugins): LoadedConfig {
  const { analyzers, sinks, data } = loaded.config;
  const config = frozen({
    ...loaded.config,
    data: { ...data, corpus: filled(data.corpus, [chosen.corpus]) },
    analyzers: filled(
      analyzers,
      chosen.analyzers.map(({ every, options }) => ({ options: { every, ...(options as object) } })),
    ),
    sinks: filled(sinks, chosen.sinks),
  });
  const sources = leavesOf(config).map(({ keyPath }) => [keyPath, loaded.sources[keyPath] ?? byDefault]);
  return { ...loaded, config, sources: frozen({ ...loaded.sources, ...Object.fromEntries(sources) }) };
}

/** `chosen` is in the order of the config. */
function filled<O extends PluginOptions[string]>(
  given: Readonly<Record<string, O>>,
  chosen: readonly { readonly options: unknown }[],
): Record<string, O> {
  const entries = Object.entries(given).map(([name, own], i) => {
    const resolved = chosen[i]?.options;
    return [name, isPlainObject(resolved) ? { ...own, ...resolved } : own] as const;
  });
  return Object.fromEntries(entries);
}
