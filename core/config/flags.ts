/** What the command line may set: `--set KEY=VALUE` for every key, and a flag of its own for the common ones. */
import type { z } from "zod";
import { invalidAssignment } from "../errors/errors.ts";
import { parseAssignment } from "./key-path.ts";
import { shortFlags } from "./short-flags.ts";
import { nested, textValue } from "./text-value.ts";
import type { Layer } from "./tree.ts";

/** Flags as the command line gave them; texts are read as `--set` reads them. */
export interface Flags {
  /** `KEY=VALUE`, later ones win. */
  readonly set?: readonly string[];
  /** Key path to value, for keys of `shortFlags`. */
  readonly short?: Readonly<Record<string, unknown>>;
}

/** A layer for each flag, `--set` after the others. */
export async function flagLayers(flags: Flags, schema: z.ZodType): Promise<Layer[]> {
  const short = Object.entries(flags.short ?? {}).filter(([, value]) => value !== undefined);
  const layers = short.map(async ([key, value]) => {
    const flag = Object.entries(shortFlags).find(([, one]) => one.key === key)?.[0] ?? key;
    return layer(`--${flag}`, key.split("."), value, schema);
  });
  const sets = (flags.set ?? []).map(async (text) => {
    const assignment = parseAssignment(text);
    if (assignment === undefined) throw invalidAssignment("--set", text);
    return layer("--set", assignment.path, assignment.value, schema);
  });
  return Promise.all([...layers, ...sets]);
}

async function layer(flag: string, path: readonly string[], value: unknown, schema: z.ZodType): Promise<Layer> {
  const read = typeof value === "string" ? await textValue(value, path, schema, flag) : value;
  return { values: nested(path, read), source: `flag ${flag}` };
}
