/** Reading a zod schema: what stands at a key path, what it expects in words, and the list of all keys. */
import type { z } from "zod";

type Schema = z.core.$ZodType;

/** The schema beneath defaults, optionality and rewriting. */
export function inner(schema: Schema): z.core.$ZodTypes {
  const { def } = schema._zod as z.core.$ZodTypes["_zod"];
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
    case "nullable":
    case "readonly":
    case "nonoptional":
    case "catch":
      return inner(def.innerType);
    case "pipe":
      return inner(def.out._zod.def.type === "transform" ? def.in : def.out);
    default:
      return schema as z.core.$ZodTypes;
  }
}

/** The schema at a key path, or `undefined` where the path leaves what is described. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const segment of path) {
    if (at === undefined) return undefined;
    const { def }: z.core.$ZodTypes["_zod"] = inner(at)._zod;
    if (def.type === "object") at = Object.hasOwn(def.shape, segment) ? def.shape[String(segment)] : def.catchall;
    else if (def.type === "record") at = def.valueType;
    else if (def.type === "array") at = def.element;
    else return undefined;
  }
  return at;
}

/** The keys that a map at this place may have; none where any key will do. */
export function knownKeys(schema: Schema | undefined): string[] {
  const def = schema && inner(schema)._zod.def;
  return def?.type === "object" ? Object.keys(def.shape) : [];
}

/** What a schema expects, in words: `a whole number >= 1`, `one of relu, gelu`. */
export function expectation(schema: Schema): string | undefined {
  const { def } = inner(schema)._zod;
  switch (def.type) {
    case "number":
      return numberWords(def);
    case "string":
      return stringWords(def.checks ?? []);
    case "boolean":
      return "true or false";
    case "enum":
      return `one of ${Object.values(def.entries).join(", ")}`;
    case "literal":
      return `one of ${def.values.map(String).join(", ")}`;
    case "object":
    case "record":
      return "a map";
    case "array": {
      const element = expectation(def.element);
      return element === undefined ? "a list" : `a list, each item ${element}`;
    }
    case "union": {
      const options = def.options.map(expectation);
      return options.includes(undefined) ? undefined : options.join(", or ");
    }
    default:
      return undefined;
  }
}

type Checks = readonly z.core.$ZodCheck[];

function numberWords(def: z.core.$ZodNumberDef & { readonly format?: string }): string {
  const bounds = checksOf(def.checks ?? []).flatMap((check) => {
    if (check.check === "greater_than") return [`>${check.inclusive ? "=" : ""} ${check.value}`];
    return check.check === "less_than" ? [`<${check.inclusive ? "=" : ""} ${check.value}`] : [];
  });
  const formats = checksOf(def.checks ?? []).flatMap((check) => (check.check === "number_format" ? check.format : []));
  const whole = [def.format, ...formats].some((format) => format === "safeint" || format?.includes("int"));
  return [`a ${whole ? "whole " : ""}number`, bounds.join(" and ")].filter(Boolean).join(" ");
}

function stringWords(checks: Checks): string {
  const least = checksOf(checks).flatMap((check) => (check.check === "min_length" ? check.minimum : []))[0];
  const most = checksOf(checks).flatMap((check) => (check.check === "max_length" ? check.maximum : []))[0];
  if (most !== undefined) return `a string of ${least ?? 0} to ${most} characters`;
  return least === 1 ? "a string that is not empty" : "a string";
}

function checksOf(checks: Checks) {
  return checks.map((check) => (check._zod as z.core.$ZodChecks["_zod"]).def);
}

/** One key of the config, for help, examples and tests. */
export interface Key {
  readonly path: readonly string[];
  readonly description: string;
  /** `undefined` for a map of keys and for what is derived when left out. */
  readonly default: unknown;
  /** Whether this is a map whose own keys follow it in the list. */
  readonly isSection: boolean;
  readonly schema: Schema;
}

/** All keys of a config schema, sections before their keys, in the order of the schema. */
export function listKeys(schema: z.ZodType, path: readonly string[] = []): Key[] {
  const { def } = inner(schema)._zod;
  if (def.type !== "object") return [];
  return Object.entries(def.shape as Record<string, z.ZodType>).flatMap(([name, child]) => {
    const at = [...path, name];
    const below = listKeys(child, at);
    const own = { path: at, description: child.description ?? "", default: defaultOf(child), schema: child };
    return [{ ...own, isSection: below.length > 0 }, ...below];
  });
}

function defaultOf(schema: Schema): unknown {
  const { def } = schema._zod as z.core.$ZodTypes["_zod"];
  return def.type === "default" || def.type === "prefault" ? def.defaultValue : undefined;
}
