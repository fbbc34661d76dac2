/** `experiment config`: what config holds here, and why. */
import path from "node:path";
import { configJsonSchema } from "../core/config/json-schema.ts";
import { leavesOf } from "../core/config/leaves.ts";
import { type LoadedConfig, loadConfig } from "../core/config/load.ts";
import { withoutSecrets } from "../core/config/secrets.ts";
import { byDefault } from "../core/config/source.ts";
import { completeConfig } from "../core/host/complete-config.ts";
import { pluginSchemas } from "../core/host/plugin-schemas.ts";
import { choosePlugins } from "../core/host/resolve.ts";
import { planSchema } from "../studies/sweep/plan.ts";
import type { LoadPlugins } from "./command.ts";
import { type ConfigArguments, flagsFrom } from "./config-flags.ts";
import { bold, dim, sanitise, table } from "./terminal.ts";

type Arguments = ConfigArguments & { readonly json: boolean; readonly schema: boolean };

export async function configCommand(args: Arguments, plugins: LoadPlugins): Promise<void> {
  if (args.schema) {
    const schema = configJsonSchema(await pluginSchemas(await plugins()), { sweep: planSchema });
    console.log(JSON.stringify(schema, null, 2));
    return;
  }
  const loaded = await loadConfig({ cwd: process.cwd(), env: process.env, ...flagsFrom(args) });
  const complete = completeConfig(loaded, await choosePlugins(loaded, await plugins()));
  console.log(args.json ? asJson(complete) : asText(complete));
}

function asJson({ config, sources, file, baseDir }: LoadedConfig): string {
  return JSON.stringify({ file: file ?? null, baseDir, config: withoutSecrets(config), sources }, null, 2);
}

function asText({ config, sources, file }: LoadedConfig): string {
  const rows = leavesOf(withoutSecrets(config)).map(({ keyPath, value }) => {
    const source = sources[keyPath] ?? byDefault;
    const text = typeof value === "string" && value !== "" ? value : (JSON.stringify(value) ?? String(value));
    const row = [keyPath, text, source].map((cell) => sanitise(cell, 60));
    return source === byDefault ? row.map(dim) : row;
  });
  const found = file === undefined ? "no config file from here upwards" : path.relative(process.cwd(), file);
  return table([["key", "value", `source (${sanitise(found)})`].map(bold), ...rows]);
}
