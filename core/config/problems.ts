/** What is wrong with a config, said in the words of `core/errors/errors.ts`. */
import type { z } from "zod";
import { type ExperimentError, invalidValue, severalProblems, unknownKey } from "../errors/errors.ts";
import { nearest } from "../errors/nearest.ts";
import { formatKeyPath } from "./key-path.ts";
import { expectation, inner, knownKeys, listKeys, schemaAt } from "./keys.ts";
import { isSecret, secretMark } from "./secrets.ts";
import { pluginKeys } from "./shorthand.ts";

/** What was checked, and how to speak of it. */
export interface Checked {
  readonly schema: z.ZodType;
  readonly input: unknown;
  /** Where the schema stands in the whole config; empty for the whole. */
  readonly at: readonly string[];
  /** What an error calls the place that a value came from, by its full key path; empty when there is nothing to say. */
  readonly where: (path: readonly PropertyKey[]) => string;
}

/** The one error for all issues of a failed parse, after `earlier` ones. */
export function configError(
  issues: readonly z.core.$ZodIssue[],
  checked: Checked,
  earlier: readonly ExperimentError[] = [],
): ExperimentError {
  return severalProblems([...earlier, ...issues.flatMap((issue) => problemsOf(issue, checked))]);
}

function problemsOf(issue: z.core.$ZodIssue, checked: Checked): ExperimentError[] {
  const path = [...checked.at, ...issue.path];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknown(issue.path, key, checked));
  const given = issue.code === "custom" ? issue.params?.got : undefined;
  const got = isSecret(path) ? secretMark : (given ?? valueAt(checked.input, issue.path));
  return [invalidValue(placed(checked.where(path), path), expected(issue, checked), got, hint(issue, checked))];
}

function unknown(path: readonly PropertyKey[], key: string, checked: Checked): ExperimentError {
  const known = knownKeys(schemaAt(checked.schema, path));
  const elsewhere =
    nearest(key, known) === undefined ? listKeys(checked.schema).find(({ path }) => path.at(-1) === key) : undefined;
  const at = [...checked.at, ...path];
  const place = placed(checked.where([...at, key]), at);
  return unknownKey(place, key, known, elsewhere && formatKeyPath([...checked.at, ...elsewhere.path]));
}

function expected(issue: z.core.$ZodIssue, checked: Checked): string {
  if (issue.code === "custom") {
    const other: readonly PropertyKey[] = issue.params?.other ?? [];
    const source = other.length > 0 ? checked.where(other) : "";
    return source === "" ? issue.message : `${issue.message} (${source})`;
  }
  const path = [...checked.at, ...issue.path];
  if (pluginKeys.has(formatKeyPath(path))) return "a plugin's name, a list of names, or a map from name to options";
  if (pluginKeys.has(formatKeyPath(path.slice(0, -1)))) return "a map of options, true, or false to leave it out";
  const schema = schemaAt(checked.schema, issue.path);
  return (schema && expectation(schema)) ?? issue.message;
}

function hint(issue: z.core.$ZodIssue, checked: Checked): string | undefined {
  const got = valueAt(checked.input, issue.path);
  if (got instanceof Date) return "Put it in quotes: YAML takes it for a date.";
  if (issue.code === "too_big" && Number.isInteger(got) && !Number.isSafeInteger(got)) {
    return `The largest whole number that is exact is ${Number.MAX_SAFE_INTEGER}.`;
  }
  const schema = schemaAt(checked.schema, issue.path);
  if (typeof got !== "string" || schema === undefined) return undefined;
  const { def } = inner(schema)._zod;
  if (def.type === "number" && got.trim() !== "" && !Number.isNaN(Number(got))) return "Leave the quotes out.";
  const near = def.type === "enum" ? nearest(got, Object.values(def.entries).map(String)) : undefined;
  return near && `Did you mean \`${near}\`?`;
}

/** `where: key.path`, without either when it is empty. */
export function placed(where: string, path: readonly PropertyKey[]): string {
  return [where, formatKeyPath(path)].filter(Boolean).join(": ");
}

/** The value at a path, or `undefined`. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = value[segment as keyof typeof value];
  }
  return value;
}
