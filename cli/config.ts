/** `experiment config`: what config holds here, and why. */
import path from "node:path";
import type { CommandModule } from "yargs";
import type { LoadedConfig } from "../core/config/load.ts";
import type { LoadPlugins } from "./cli.ts";
import { type ConfigArguments, configFlags, flagsFrom } from "./config-flags.ts";

type Arguments = ConfigArguments & { readonly json: boolean; readonly schema: boolean };

export function configCommand(plugins: LoadPlugins): CommandModule<object, Arguments> {
  return {
    command: "config",
    describe: "Check the config and print every value with where it comes from.",
    builder: (yargs) =>
      configFlags(yargs)
        .option("json", { type: "boolean", default: false, describe: "Print JSON." })
        .option("schema", { type: "boolean", default: false, describe: "Print the JSON Schema of .experimentrc." })
        .example("$0 config --lr 1e-3", "what would hold with this flag")
        .example("$0 config --json", "config, sources and file, for other programs"),
    handler: async (args) => {
      if (args.schema) {
        const { configJsonSchema } = await import("../core/config/json-schema.ts");
        const { pluginSchemas } = await import("../core/host/plugin-schemas.ts");
        console.log(JSON.stringify(configJsonSchema(await pluginSchemas(await plugins())), null, 2));
        return;
      }
      const { loadConfig } = await import("../core/config/load.ts");
      const { choosePlugins } = await import("../core/host/resolve.ts");
      const { completeConfig } = await import("../core/host/complete-config.ts");
      const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flagsFrom(args) });
      const complete = completeConfig(loaded, await choosePlugins(loaded, await plugins()));
      console.log(args.json ? await asJson(complete) : await asText(complete));
    },
  };
}

async function asJson({ config, sources, file, baseDir }: LoadedConfig): Promise<string> {
  const { withoutSecrets } = await import("../core/config/secrets.ts");
  return JSON.stringify({ file: file ?? null, baseDir, config: withoutSecrets(config), sources }, null, 2);
}

async function asText({ config, sources, file }: LoadedConfig): Promise<string> {
  const { leavesOf } = await import("../core/config/leaves.ts");
  const { withoutSecrets } = await import("../core/config/secrets.ts");
  const { byDefault } = await import("../core/config/source.ts");
  const { bold, dim, sanitise, table } = await import("./terminal.ts");
  const rows = leavesOf(withoutSecrets(config)).map(({ keyPath, value }) => {
    const source = sources[keyPath] ?? byDefault;
    const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
    const row = [keyPath, text, source].map((cell) => sanitise(cell, 60));
    return source === byDefault ? row.map(dim) : row;
  });
  const found = file === undefined ? "no config file from here upwards" : path.relative(process.cwd(), file);
  return table([["key", "value", `source (${sanitise(found)})`].map(bold), ...rows]);
}
