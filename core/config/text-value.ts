/** Values given as text, by a flag or an environment variable. */
import type { z } from "zod";
import { invalidValue } from "../errors/errors.ts";
import { inner, schemaAt } from "./keys.ts";
import { placed } from "./problems.ts";
import { isSecret, secretMark } from "./secrets.ts";
import { parseYaml } from "./yaml.ts";

/** Reads a text as YAML or JSON (`1e-3`, `true`, `[a, b]`), or as it is where the config wants a string or holds a secret. */
export async function textValue(
  text: string,
  path: readonly string[],
  schema: z.ZodType,
  where: string,
): Promise<unknown> {
  const wanted = schemaAt(schema, path);
  const type = wanted && inner(wanted)._zod.def.type;
  if (isSecret(path) || ((type === "string" || type === "enum") && text !== "null")) return text;
  try {
    const value = (await parseYaml(text)) ?? (text.trim() === "" ? "" : null);
    return value instanceof Date ? text : value;
  } catch {
    throw invalidValue(placed(where, path), "a value in YAML or JSON", isSecret(path) ? secretMark : text);
  }
}

/** `value` at a key path, as the nested maps that a file would have. */
export function nested(path: readonly string[], value: unknown): Record<string, unknown> {
  const maps = path.reduceRight<unknown>((inside, key) => Object.fromEntries([[key, inside]]), value);
  return maps as Record<string, unknown>;
}
