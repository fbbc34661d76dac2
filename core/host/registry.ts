/** From a name in the config to a plugin: built in, an npm package, or a file of the user's. All three end up equal. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin, PluginKind, PluginKinds } from "../contract/plugin.ts";
import { layerSites, modelSites } from "../contract/sites.ts";
import { invalidPlugin, reasonOf, shown, unknownPlugin } from "../errors/errors.ts";
import { defaultExport, importModule } from "../modules/load-module.ts";
import { packageVersionOf, resolvePackage } from "../modules/load-package.ts";
import { packageVersion } from "../modules/version.ts";
import { lookMetrics, trainerMetrics } from "./metrics.ts";

/** Built-in plugins by name; each is imported only when it is asked for. */
export type PluginTable = {
  readonly [K in PluginKind]: Readonly<Record<string, () => Promise<PluginKinds[K]>>>;
};

/** Where a plugin came from, for run.json. */
export type PluginOrigin =
  | { readonly from: "reluscope"; readonly version: string }
  | { readonly from: "package"; readonly file: string; readonly sha256: string; readonly version?: string }
  | { readonly from: "file"; readonly file: string; readonly sha256: string };

/** A plugin with where it came from. */
export interface Resolved<K extends PluginKind> {
  readonly plugin: PluginKinds[K];
  readonly origin: PluginOrigin;
}

/**
 * Finds a plugin. A name in the table is built in; one that begins with `.` or `/` is a file, relative to `baseDir`;
 * anything else is an npm package, looked up from `baseDir`. Throws `plugin.unknown` or `plugin.invalid`.
 */
export async function resolvePlugin<K extends PluginKind>(
  kind: K,
  name: string,
  table: PluginTable,
  baseDir: string,
): Promise<Resolved<K>> {
  const builtIn = Object.hasOwn(table[kind], name) ? table[kind][name] : undefined;
  const found: Resolved<PluginKind> = builtIn
    ? { plugin: await builtIn(), origin: { from: "reluscope", version: packageVersion } }
    : await external(kind, name, table, baseDir);
  checkPlugin(found.plugin, name);
  return found as Resolved<K>;
}

async function external(
  kind: PluginKind,
  name: string,
  table: PluginTable,
  baseDir: string,
): Promise<Resolved<PluginKind>> {
  const known = Object.keys(table[kind]);
  const isFile = name.startsWith(".") || isAbsolute(name);
  const path = isFile ? resolve(baseDir, name) : resolvePackage(name, baseDir);
  if (path === undefined) throw unknownPlugin(kind, name, known);
  if (!existsSync(path)) throw unknownPlugin(kind, name, known, `no file ${pathToFileURL(path).pathname}`);
  let module: Record<string, unknown>;
  try {
    module = await importModule(path);
  } catch (thrown) {
    throw invalidPlugin(name, `cannot be loaded: ${placeOf(thrown, path)}${reasonOf(thrown)}`, thrown);
  }
  const plugins = [...new Set([...Object.values(module), defaultExport(module)])].filter(isPlugin);
  const [found, second] = plugins.filter((plugin) => plugin.kind === kind);
  if (found !== undefined && second === undefined) return { plugin: found, origin: originOf(path, isFile) };
  const others = plugins.map((plugin) => `${plugin.kind} ${shown(plugin.name)}`).join(", ");
  const got = others || `none (exports: ${Object.keys(module).join(", ") || "nothing"})`;
  throw invalidPlugin(name, `expected a module that exports one ${kind} made by \`define…\`, got ${got}.`);
}

/** A file is known by its hash: what a path names may change. */
function originOf(file: string, isFile: boolean): PluginOrigin {
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (isFile) return { from: "file", file, sha256 };
  const version = packageVersionOf(file);
  return { from: "package", file, sha256, ...(version !== undefined && { version }) };
}

/** Where a syntax error is: of JavaScript, Node tells the place only as it dies of it. */
function placeOf(thrown: unknown, path: string): string {
  if (!(thrown instanceof SyntaxError) || /tsx?$/.test(path)) return "";
  const { stderr } = spawnSync(process.execPath, ["--check", path], { encoding: "utf8" });
  const place = /^(?:file:)?\S+:\d+$/m.exec(stderr)?.[0];
  return place === undefined ? "" : `${place}: `;
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && "kind" in value && "name" in value && "options" in value;
}

/** The first parts of the trainer's own metrics. */
const reservedSections: readonly string[] = [
  ...new Set([...trainerMetrics, ...lookMetrics].map(({ key }) => key.replace(/\/.*/, ""))),
];

/** What types cannot promise about a plugin that was written elsewhere. Throws `plugin.invalid`. */
export function checkPlugin(plugin: Plugin, asked: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(plugin.name)) {
    throw invalidPlugin(asked, `its name must be kebab-case (a-z, 0-9, -), got ${JSON.stringify(plugin.name)}.`);
  }
  if (typeof (plugin.options as { safeParse?: unknown } | undefined)?.safeParse !== "function") {
    throw invalidPlugin(asked, "its `options` must be a zod schema: `z.strictObject({})` when it has none.");
  }
  if (plugin.kind !== "analyzer") return;
  if (reservedSections.includes(plugin.name)) {
    throw invalidPlugin(asked, `the name \`${plugin.name}\` is taken by the trainer's own metrics.`);
  }
  if (!Array.isArray(plugin.sites) || typeof plugin.metrics !== "object" || plugin.metrics === null) {
    throw invalidPlugin(asked, "expected `sites` (a list of names) and `metrics` (names with their meaning).");
  }
  if (plugin.every !== undefined && !(Number.isInteger(plugin.every) && plugin.every >= 1)) {
    throw invalidPlugin(asked, "expected `every` to be a whole number of steps, 1 or more.");
  }
  const sites: readonly string[] = [...layerSites, ...modelSites];
  for (const site of plugin.sites) {
    if (!sites.includes(site) && !site.includes("."))
      throw invalidPlugin(asked, `unknown site \`${site}\`. Known: ${sites.join(", ")}.`);
  }
  for (const metric of Object.keys(plugin.metrics)) {
    if (!/^[a-z][a-z0-9_]*$/.test(metric)) throw invalidPlugin(asked, `metric \`${metric}\` must be snake_case.`);
  }
  for (const metric of plugin.headline ?? []) {
    if (!Object.hasOwn(plugin.metrics, metric)) throw invalidPlugin(asked, `headline names no metric: \`${metric}\`.`);
  }
  for (const metric of Object.entries(plugin.tokens ?? {}).flatMap(([name, said]) => [name, ...(said ?? [])])) {
    if (!Object.hasOwn(plugin.metrics, metric)) throw invalidPlugin(asked, `tokens names no metric: \`${metric}\`.`);
  }
  const ids = (plugin.charts ?? []).map((chart) => chart.id);
  if (new Set(ids).size < ids.length) throw invalidPlugin(asked, "two of its charts have the same id.");
}
