/** The plugins that a config names, found and their options checked. */
import { parseWith, whereIs } from "../config/check.ts";
import type { LoadedConfig } from "../config/load.ts";
import { placed, valueAt } from "../config/problems.ts";
import type { PluginOptions } from "../config/schema.ts";
import { byDefault } from "../config/source.ts";
import type { Analyzer } from "../contract/analyzer.ts";
import type { DeclaredChart } from "../contract/chart.ts";
import {
  type ConfiguredKind,
  configuredKinds,
  type Plugin,
  type PluginKinds,
  pluginKinds,
} from "../contract/plugin.ts";
import type { MetricInfo } from "../contract/run.ts";
import { ExperimentError, internal, invalidPlugin, keyNotRead, placedAt, severalProblems } from "../errors/errors.ts";
import { metricsOf, sectionOf } from "./metrics.ts";
import { type PluginOrigin, type PluginTable, resolvePlugin } from "./registry.ts";

/** A plugin with options that its own schema has accepted. */
export interface Chosen<P> {
  /** As the config calls it. */
  readonly name: string;
  readonly plugin: P;
  readonly options: unknown;
  readonly origin: PluginOrigin;
}

/** What a config chooses, by kind, in config order. */
export type ChosenPlugins = {
  readonly [K in Exclude<ConfiguredKind, "analyzer">]: readonly Chosen<PluginKinds[K]>[];
} & { readonly analyzer: readonly ChosenAnalyzer[] };

/** An analyzer with how often it looks. */
export type ChosenAnalyzer = Chosen<Analyzer> & { readonly every: number };

/** Finds every plugin of a config; throws before anything else has happened, with all that is wrong. */
export async function choosePlugins(loaded: LoadedConfig, table: PluginTable): Promise<ChosenPlugins> {
  const problems: ExperimentError[] = [];
  const chosen: Partial<Record<ConfiguredKind, readonly Chosen<Plugin>[]>> = {};
  for (const kind of configuredKinds) {
    const found: Chosen<Plugin>[] = [];
    for (const [name, options] of Object.entries(namedBy(loaded, kind))) {
      try {
        found.push(await choose(kind, name, options, table, loaded));
      } catch (thrown) {
        if (!(thrown instanceof ExperimentError)) throw thrown;
        problems.push(thrown);
      }
    }
    chosen[kind] = found;
  }
  problems.push(...unread(loaded, chosen));
  if (problems.length > 0) throw severalProblems(problems);
  for (const kind of configuredKinds) unique((chosen[kind] ?? []).map(({ plugin }) => plugin));
  return chosen as ChosenPlugins;
}

/** The one plugin of a kind that takes one. */
export function only<P>(chosen: readonly Chosen<P>[]): Chosen<P> {
  const [first] = chosen;
  if (first === undefined) throw internal("a config without a plugin of a kind that it must have");
  return first;
}

function namedBy({ config }: LoadedConfig, kind: ConfiguredKind): PluginOptions {
  return (valueAt(config, pluginKinds[kind].key.split(".")) ?? {}) as PluginOptions;
}

async function choose(
  kind: ConfiguredKind,
  name: string,
  given: PluginOptions[string],
  table: PluginTable,
  { baseDir, sources }: LoadedConfig,
): Promise<Chosen<Plugin> & { readonly every?: number }> {
  const at = [...pluginKinds[kind].key.split("."), name];
  const { plugin, origin } = await resolvePlugin(kind, name, table, baseDir).catch((thrown) => {
    throw thrown instanceof ExperimentError ? placedAt(placed(whereIs(at, sources), at), thrown) : thrown;
  });
  if (plugin.kind !== "analyzer") {
    return { name, plugin, origin, options: parseWith<unknown>(plugin.options, given, at, sources) };
  }
  const { every, ...own } = given as { readonly every?: number };
  const options = parseWith<unknown>(plugin.options, own, at, sources);
  return { name, plugin, origin, options, every: every ?? plugin.every ?? 1 };
}

function unique(plugins: readonly Plugin[]): void {
  const names = plugins.map(({ name }) => name);
  const twice = plugins.find(({ name }, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidPlugin(twice.name, `two ${twice.kind}s of this config have this name.`);
}

/** Keys of a section that belong to whichever plugin is chosen there. */
const sharedKeys = {
  model: { section: "model", keys: ["activation", "norm", "bias", "tie_embeddings", "init_scale"] },
  optimizer: { section: "train", keys: ["weight_decay", "beta1", "beta2", "eps"] },
  schedule: { section: "train", keys: ["min_lr", "warmup_steps"] },
} as const;

/** Keys that somebody set and that the plugin chosen for them does not read. */
function unread({ sources }: LoadedConfig, chosen: Partial<Record<ConfiguredKind, readonly Chosen<Plugin>[]>>) {
  return (Object.keys(sharedKeys) as (keyof typeof sharedKeys)[]).flatMap((kind) => {
    const { section, keys } = sharedKeys[kind];
    return (chosen[kind] ?? []).flatMap(({ name, plugin }) => {
      const { reads = [] } = plugin as { readonly reads?: readonly string[] };
      const set = keys.filter((key) => (sources[`${section}.${key}`] ?? byDefault) !== byDefault);
      return set
        .filter((key) => !reads.includes(key))
        .map((key) => keyNotRead(placed(whereIs([section, key], sources), [section, key]), kind, name, reads));
    });
  });
}

/** Every metric and chart that the chosen analyzers declare. */
export function declared(analyzers: readonly Chosen<Analyzer>[]): {
  readonly metrics: readonly MetricInfo[];
  readonly charts: readonly DeclaredChart[];
} {
  const plugins = analyzers.map(({ plugin }) => plugin);
  return {
    metrics: plugins.flatMap(metricsOf),
    charts: plugins.flatMap(({ name, charts = [] }) => charts.map((chart) => ({ ...chart, section: sectionOf(name) }))),
  };
}
