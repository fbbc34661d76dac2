/** The plugins that a config names, found and their options checked. */
import { parseWith, whereIs } from "../config/check.ts";
import type { LoadedConfig } from "../config/load.ts";
import { placed } from "../config/problems.ts";
import type { PluginOptions } from "../config/schema.ts";
import type { Analyzer } from "../contract/analyzer.ts";
import type { DeclaredChart } from "../contract/chart.ts";
import type { Corpus } from "../contract/corpus.ts";
import type { Plugin, PluginKind } from "../contract/plugin.ts";
import type { MetricInfo } from "../contract/run.ts";
import type { Sink } from "../contract/sink.ts";
import { ExperimentError, internal, invalidPlugin, placedAt, severalProblems } from "../errors/errors.ts";
import { metricsOf, sectionOf } from "./metrics.ts";
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

/** Finds every plugin of a config; throws before anything else has happened, with all that is wrong. */
export async function choosePlugins(loaded: LoadedConfig, table: PluginTable): Promise<ChosenPlugins> {
  const { config } = loaded;
  const problems: ExperimentError[] = [];
  const chooseAll = async <K extends PluginKind>(kind: K, named: PluginOptions) => {
    const found: ChosenOf<K>[] = [];
    for (const [name, options] of Object.entries(named)) {
      try {
        found.push(await choose(kind, name, options, table, loaded));
      } catch (thrown) {
        if (!(thrown instanceof ExperimentError)) throw thrown;
        problems.push(thrown);
      }
    }
    return found;
  };
  const everys = Object.values(config.analyzers).map(({ every }) => every);
  const own = Object.entries(config.analyzers).map(([name, { every: _, ...options }]) => [name, options] as const);
  const [corpus] = await chooseAll("corpus", config.data.corpus);
  const analyzers = await chooseAll("analyzer", Object.fromEntries(own));
  const sinks = await chooseAll("sink", config.sinks);
  if (problems.length > 0) throw severalProblems(problems);
  if (corpus === undefined) throw internal("a config without a corpus");
  for (const plugins of [analyzers, sinks]) unique(plugins.map(({ plugin }) => plugin));
  return {
    corpus,
    analyzers: analyzers.map((one, i) => ({ ...one, every: everys[i] ?? one.plugin.every ?? 1 })),
    sinks,
  };
}

type ChosenOf<K extends PluginKind> = Chosen<Extract<Plugin, { kind: K }>>;

const sections = { analyzer: ["analyzers"], sink: ["sinks"], corpus: ["data", "corpus"] } as const;

async function choose<K extends PluginKind>(
  kind: K,
  name: string,
  options: PluginOptions[string],
  table: PluginTable,
  { baseDir, sources }: LoadedConfig,
): Promise<ChosenOf<K>> {
  const at = [...sections[kind], name];
  const plugin = await resolvePlugin(kind, name, table, baseDir).catch((thrown) => {
    throw thrown instanceof ExperimentError ? placedAt(placed(whereIs(at, sources), at), thrown) : thrown;
  });
  return { plugin, options: parseWith<unknown>(plugin.options, options, at, sources) };
}

function unique(plugins: readonly Plugin[]): void {
  const names = plugins.map(({ name }) => name);
  const twice = plugins.find(({ name }, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw invalidPlugin(twice.name, `two ${twice.kind}s of this config have this name.`);
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
