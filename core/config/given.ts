/** A config given as an object in code instead of a file. */

import { deepFreeze } from "./deep-freeze.ts";
import { leavesOf } from "./leaves.ts";
import type { LoadedConfig } from "./load.ts";
import { configError } from "./problems.ts";
import { type Config, type ConfigInput, configSchema } from "./schema.ts";
import { byDefault } from "./source.ts";

/** What errors and run.json call the source of its values. */
const fromCode = "code";

/** Checks it as a file would be: unknown keys are errors, also in JavaScript. Relative paths start at `baseDir`, by default the working directory. */
export function givenConfig(input: ConfigInput, baseDir: string = process.cwd()): LoadedConfig {
  const result = configSchema.safeParse(input);
  if (!result.success)
    throw configError(result.error.issues, { schema: configSchema, input, at: [], where: () => fromCode });
  const config: Config = deepFreeze(result.data);
  const given = leavesOf(input).map(({ keyPath }) => keyPath);
  const isGiven = (keyPath: string) => given.some((key) => keyPath === key || keyPath.startsWith(`${key}.`));
  const sources = leavesOf(config).map(({ keyPath }) => [keyPath, isGiven(keyPath) ? fromCode : byDefault]);
  return { config, sources: Object.fromEntries(sources), file: undefined, baseDir };
}
