/** From a name in the config to a plugin: built in, an npm package, or a file of the user's. All three end up equal. */
import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { invalidPlugin, reasonOf, unknownPlugin } from "./errors.ts";
import { importModule } from "./load-module.ts";
import { resolvePackage } from "./load-package.ts";
import {
  type Analyzer,
  type Corpus,
  layerSites,
  modelSites,
  type Plugin,
  type PluginKind,
  type Sink,
} from "./plugin.ts";

/** Built-in plugins by name; each is imported only when it is asked for. */
export interface PluginTable {
  readonly analyzer: Readonly<Record<string, () => Promise<Analyzer>>>;
  readonly sink: Readonly<Record<string, () => Promise<Sink>>>;
  readonly corpus: Readonly<Record<string, () => Promise<Corpus>>>;
}

type PluginOf<K extends PluginKind> = Extract<Plugin, { kind: K }>;

/**
 * Finds a plugin. A name in the table is built in; one that begins with `.` or `/` is a file, relative to `baseDir`;
 * anything else is an npm package, looked up from `baseDir`. Throws `plugin.unknown` or `plugin.invalid`.
 */
export async function resolvePlugin<K extends PluginKind>(
  kind: K,
  name: string,
  table: PluginTable,
  baseDir: string,
): Promise<PluginOf<K>> {
  const builtIn = Object.hasOwn(table[kind], name) ? table[kind][name] : undefined;
  const plugin = builtIn ? await builtIn() : await external(kind, name, table, baseDir);
  check(plugin, name);
  return plugin as PluginOf<K>;
}

async function external(kind: PluginKind, name: string, table: PluginTable, baseDir: string): Promise<Plugin> {
  const known = Object.keys(table[kind]);
  const path = name.startsWith(".") || isAbsolute(name) ? resolve(baseDir, name) : resolvePackage(name, baseDir);
  if (path === undefined) throw unknownPlugin(kind, name, known);
  if (!existsSync(path)) throw unknownPlugin(kind, name, known, `no file ${pathToFileURL(path).pathname}`);
  let module: Record<string, unknown>;
  try {
    module = await importModule(path);
  } catch (thrown) {
    throw invalidPlugin(name, `cannot be loaded: ${reasonOf(thrown)}`, thrown);
  }
  const found = [...new Set(Object.values(module))].filter((value) => isPlugin(value) && value.kind === kind);
  if (found.length !== 1) {
    const got =
      found.length === 0 ? `none (exports: ${Object.keys(module).join(", ") || "nothing"})` : `${found.length}`;
    throw invalidPlugin(name, `expected a module that exports one ${kind} made by \`define…\`, got ${got}.`);
  }
  return found[0] as Plugin;
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && "kind" in value && "name" in value && "options" in value;
}

/** What types cannot promise about a plugin that was written elsewhere. */
function check(plugin: Plugin, asked: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(plugin.name)) {
    throw invalidPlugin(asked, `its name must be kebab-case (a-z, 0-9, -), got ${JSON.stringify(plugin.name)}.`);
  }
  if (plugin.kind !== "analyzer") return;
  const sites: readonly string[] = [...layerSites, ...modelSites];
  for (const site of plugin.sites) {
    if (!sites.includes(site)) throw invalidPlugin(asked, `unknown site \`${site}\`. Known: ${sites.join(", ")}.`);
  }
  for (const metric of Object.keys(plugin.metrics)) {
    if (!/^[a-z][a-z0-9_]*$/.test(metric)) throw invalidPlugin(asked, `metric \`${metric}\` must be snake_case.`);
  }
  for (const metric of plugin.headline ?? []) {
    if (!Object.hasOwn(plugin.metrics, metric)) throw invalidPlugin(asked, `headline names no metric: \`${metric}\`.`);
  }
  const ids = (plugin.charts ?? []).map((chart) => chart.id);
  if (new Set(ids).size < ids.length) throw invalidPlugin(asked, "two of its charts have the same id.");
}
