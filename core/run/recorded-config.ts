/** The config of a recorded run, ready to be followed again: vouched for, checked, with its secrets. */
import { parseWith } from "../config/check.ts";
import { deepFreeze } from "../config/deep-freeze.ts";
import type { LoadedConfig } from "../config/load.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { withSecretsOf } from "../config/secrets.ts";
import type { PluginTable } from "../host/registry.ts";
import type { RunFile } from "../record/format.ts";
import { vouched, type Word } from "./trust.ts";

/** No run records secrets: they come from the config that holds where the user is. Throws `run.untrusted`. */
export function recordedConfig(run: RunFile, plugins: PluginTable, word: Word): LoadedConfig {
  const { config, baseDir } = vouched(run, word, plugins);
  const restored = withSecretsOf(config, word.present?.config);
  const checked = deepFreeze(parseWith<Config>(configSchema, restored, [], run.sources));
  return { config: checked, sources: run.sources, file: undefined, baseDir };
}
