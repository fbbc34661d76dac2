/** The plugins that a config names, found and their options checked. */
import { parseWith } from "./config/check.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { PluginOptions } from "./config/schema.ts";
import { invalidPlugin, invalidValue } from "./errors.ts";
import { metricsOf, sectionOf } from "./metrics.ts";
import type { Analyzer, Corpus, DeclaredChart, MetricInfo, Plugin, PluginKind, Sink } from "./plugin.ts";
import { type PluginTable, resolvePlugin } from "./registry.ts";

/** A plugin with options that its own schema has accepted. */
export interface Chosen<P> {
  readonly plugin: P;
  readonly options: unknown;
}

export interface ChosenPlugins {
  readonly corpus: Chosen<Corpus>;
  readonly analyzers: readonly (Chosen<Analyzer> & { readonly every: number })[];
  readonly sinks: readonly Chosen<Sink>[];
}

/** Finds every plugin of a config; throws before anything else has happened. */
export async function choosePlugins(loaded: LoadedConfig, table: PluginTable): Promise<ChosenPlugins> {
  const { config } = loaded;
  const corpora = Object.entries(config.data.corpus);
  const [first] = corpora;
  if (first === undefined || corpora.length > 1) {
    throw invalidValue("data.corpus", "one corpus", corpora.map(([name]) => name).join(", ") || "none");
  }
  const analyzers: (Chosen<Analyzer> & { every: number })[] = [];
  for (const [name, { every = 1, ...options }] of Object.entries(config.analyzers)) {
    if (!Number.isInteger(every) || (every as number) < 1) {
      throw invalidValue(`analyzers.${name}.every`, "a whole number of steps >= 1", every);
    }
    analyzers.push({ ...(await choose("analyzer", name, options, table, loaded)), every: every as number });
  }
  unique(analyzers.map(({ plugin }) => plugin));
  const sinks: Chosen<Sink>[] = [];
  for (const [name, options] of Object.entries(config.sinks)) {
    sinks.push(await choose("sink", name, options, table, loaded));
  }
  return { corpus: await choose("corpus", first[0], first[1], table, loaded), analyzers, sinks };
}

const sections = { analyzer: ["analyzers"], sink: ["sinks"], corpus: ["data", "corpus"] } as const;

async function choose<K extends PluginKind>(
  kind: K,
  name: string,
  options: PluginOptions[string],
  table: PluginTable,
  { baseDir, sources }: LoadedConfig,
): Promise<Chosen<Extract<Plugin, { kind: K }>>> {
  const plugin = await resolvePlugin(kind, name, table, baseDir);
  return { plugin, options: parseWith<unknown>(plugin.options, options, [...sections[kind], name], sources) };
}

function unique(plugins: readonly Plugin[]): void {
  const names = plugins.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidPlugin(twice, "two analyzers of this config have this name.");
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
