/** `experiment plugins [NAME]`: what can be named in a config, with options and metrics. */
import type { CommandModule } from "yargs";
import type { Plugin, PluginKind } from "../core/contract/plugin.ts";
import type { LoadPlugins } from "./cli.ts";

interface Arguments {
  name: string | undefined;
  json: boolean;
}

export function pluginsCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "plugins [name]",
    describe: "List analyzers, sinks and corpora, or tell all about one.",
    builder: (yargs) =>
      yargs
        .positional("name", { type: "string", describe: "A plugin: a built-in name, an npm package, or a path." })
        .option("json", { type: "boolean", default: false, describe: "Print JSON." })
        .example("$0 plugins", "all plugins with a line each")
        .example("$0 plugins token-sparsity", "options, metrics and charts of one"),
    handler: async ({ name, json }) => {
      const { describePlugin, detailsOf, overviewOf } = await import("./plugin-details.ts");
      const table = await plugins();
      const found: Plugin[] = [];
      if (name === undefined) {
        for (const kind of ["analyzer", "sink", "corpus"] as const) {
          for (const load of Object.values<() => Promise<Plugin>>(table[kind])) found.push(await load());
        }
      } else {
        found.push(await findAny(name, table));
      }
      if (json) console.log(JSON.stringify(found.map(detailsOf), null, 2));
      else console.log(name === undefined ? overviewOf(found) : found.map(describePlugin).join("\n"));
    },
  };
}

/** A plugin of whichever kind the name belongs to. */
async function findAny(name: string, table: Awaited<ReturnType<LoadPlugins>>): Promise<Plugin> {
  const { resolvePlugin } = await import("../core/host/registry.ts");
  const { unknownPlugin } = await import("../core/errors/errors.ts");
  const kinds: readonly PluginKind[] = ["analyzer", "sink", "corpus"];
  const builtIn = kinds.find((kind) => Object.hasOwn(table[kind], name));
  if (builtIn) return resolvePlugin(builtIn, name, table, process.cwd());
  let failure: unknown;
  for (const kind of kinds) {
    try {
      return await resolvePlugin(kind, name, table, process.cwd());
    } catch (thrown) {
      failure = thrown;
    }
  }
  const names = kinds.flatMap((kind) => Object.keys(table[kind]));
  throw (failure as { code?: string }).code === "plugin.unknown" ? unknownPlugin("plugin", name, names) : failure;
}
