/** The option schemas of built-in plugins, for the JSON Schema of the config. */
import type { PluginSchemas } from "../config/json-schema.ts";
import { type Plugin, type PluginKind, pluginKinds } from "../contract/plugin.ts";
import type { PluginTable } from "./registry.ts";

/** Loads every plugin of a table. */
export async function pluginSchemas(table: PluginTable): Promise<PluginSchemas> {
  const kinds = Object.entries(pluginKinds) as [PluginKind, { readonly key: string }][];
  const schemas = kinds.map(async ([kind, { key }]) => [key, await schemasOf(table[kind])] as const);
  return Object.fromEntries(await Promise.all(schemas));
}

async function schemasOf(plugins: Readonly<Record<string, () => Promise<Plugin>>>): Promise<PluginSchemas[string]> {
  const schemas = Object.entries(plugins).map(async ([name, load]) => [name, (await load()).options] as const);
  return Object.fromEntries(await Promise.all(schemas));
}
