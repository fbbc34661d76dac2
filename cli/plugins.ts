/** `experiment plugins [NAME]`: what can be named in a config, with options and metrics. */
import { type Plugin, type PluginKind, pluginKinds } from "../core/contract/plugin.ts";
import { unknownPlugin } from "../core/errors/errors.ts";
import { resolvePlugin } from "../core/host/registry.ts";
import type { LoadPlugins } from "./command.ts";
import { describePlugin, detailsOf, overviewOf } from "./plugin-details.ts";

interface Arguments {
  name: string | undefined;
  json: boolean;
}

const kinds = Object.keys(pluginKinds) as PluginKind[];

export async function pluginsCommand({ name, json }: Arguments, plugins: LoadPlugins): Promise<void> {
  const table = await plugins();
  const found: Plugin[] = [];
  if (name === undefined) {
    for (const kind of kinds) {
      for (const load of Object.values<() => Promise<Plugin>>(table[kind])) found.push(await load());
    }
  } else {
    found.push(await findAny(name, table));
  }
  if (json) console.log(JSON.stringify(found.map(detailsOf), null, 2));
  else console.log(name === undefined ? overviewOf(found) : found.map(describePlugin).join("\n"));
}

/** A plugin of whichever kind the name belongs to. */
async function findAny(name: string, table: Awaited<ReturnType<LoadPlugins>>): Promise<Plugin> {
  const builtIn = kinds.find((kind) => Object.hasOwn(table[kind], name));
  if (builtIn) return (await resolvePlugin(builtIn, name, table, process.cwd())).plugin;
  let failure: unknown;
  for (const kind of kinds) {
    try {
      return (await resolvePlugin(kind, name, table, process.cwd())).plugin;
    } catch (thrown) {
      failure = thrown;
    }
  }
  const names = kinds.flatMap((kind) => Object.keys(table[kind]));
  throw (failure as { code?: string }).code === "plugin.unknown" ? unknownPlugin("plugin", name, names) : failure;
}
