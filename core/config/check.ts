/** Checking one part of a config against a schema, with the same errors as the whole. */
import type { z } from "zod";
import { formatKeyPath } from "./key-path.ts";
import { configError } from "./problems.ts";
import { byDefault } from "./source.ts";

/**
 * Parses the value that stands at the key path `at` of a config, such as a plugin's options. `sources` are those of
 * `LoadedConfig`: with them an error names the file, flag or variable to look into.
 */
export function parseWith<T>(
  schema: z.ZodType<T>,
  value: unknown,
  at: readonly string[],
  sources: Readonly<Record<string, string>> = {},
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = (path: readonly PropertyKey[]) => whereIs(path, sources);
  throw configError(result.error.issues, { schema, input: value, at, where });
}

/** What an error calls the source of a leaf, of the list that it is in, or of anything in the same map; empty for defaults. */
export function whereIs(path: readonly PropertyKey[], sources: Readonly<Record<string, string>>): string {
  for (let length = path.length; length > 0; length--) {
    const keyPath = formatKeyPath(path.slice(0, length));
    const isBelow = (key: string) => key.startsWith(`${keyPath}.`) || key.startsWith(`${keyPath}[`);
    const below = Object.entries(sources).find(([key, source]) => source !== byDefault && isBelow(key));
    const source = sources[keyPath] ?? below?.[1];
    if (source !== undefined) return source === byDefault ? "" : source.replace(/^flag /, "");
  }
  return "";
}
