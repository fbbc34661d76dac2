/** `experiment config`: what config holds here, and why. */
import path from "node:path";
import type { CommandModule } from "yargs";
import type { LoadedConfig } from "../config/load.ts";
import { type ConfigArguments, configFlags, flagsFrom } from "./config-flags.ts";

type Arguments = ConfigArguments & { readonly json: boolean; readonly schema: boolean };

export const configCommand: CommandModule<object, Arguments> = {
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
      const { configJsonSchema } = await import("../config/json-schema.ts");
      console.log(JSON.stringify(configJsonSchema(), null, 2));
      return;
    }
    const { loadConfig } = await import("../config/load.ts");
    const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flagsFrom(args) });
    console.log(args.json ? await asJson(loaded) : await asText(loaded));
  },
};

async function asJson({ config, sources, file, baseDir }: LoadedConfig): Promise<string> {
  const { withoutSecrets } = await import("../config/secrets.ts");
  return JSON.stringify({ file: file ?? null, baseDir, config: withoutSecrets(config), sources }, null, 2);
}

async function asText({ config, sources, file }: LoadedConfig): Promise<string> {
  const { withoutSecrets } = await import("../config/secrets.ts");
  const { columns } = await import("./columns.ts");
  const { leavesOf } = await import("../config/leaves.ts");
  const rows = leavesOf(withoutSecrets(config)).map(({ keyPath, value }) => [
    keyPath,
    typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)),
    sources[keyPath] ?? "",
  ]);
  const from = file === undefined ? "no config file from here upwards" : path.relative(process.cwd(), file);
  return columns([["key", "value", `source (${from})`], ...rows]);
}
