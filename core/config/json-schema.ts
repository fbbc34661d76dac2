/** The JSON Schema of `.experimentrc`, by which editors complete and check it. */
import { z } from "zod";
import { configSchema } from "./schema.ts";
import { pluginKeys } from "./shorthand.ts";

/** Options of known plugins: key path of the choice, then name, to the schema of the options. */
export type PluginSchemas = Readonly<Record<string, Readonly<Record<string, z.ZodType>>>>;

interface Json {
  [key: string]: unknown;
  properties?: Record<string, Json>;
}

/**
 * Describes what may be written: everything is optional, and plugins may be named in the short ways too. `sections` are what else
 * may stand in the file, by key: what other commands read there.
 */
export function configJsonSchema(
  plugins: PluginSchemas = {},
  sections: Readonly<Record<string, z.ZodType>> = {},
): Readonly<Record<string, unknown>> {
  const root = written(configSchema);
  for (const [key, schema] of Object.entries(sections)) {
    const { $schema: _, ...section } = written(schema);
    root.properties = { ...root.properties, [key]: section };
  }
  for (const keyPath of pluginKeys.keys()) {
    const segments = keyPath.split(".");
    const last = segments.pop() ?? "";
    const parent = segments.reduce<Json>((json, segment) => json.properties?.[segment] ?? {}, root);
    if (parent.properties?.[last]) parent.properties[last] = choice(parent.properties[last], plugins[keyPath] ?? {});
  }
  const engine = root.properties?.engine;
  if (engine) root.properties = { ...root.properties, engine: shorter(engine, engine.properties?.name?.enum) };
  const paths = { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] };
  const inherit = "Config files to start from, relative to this one; later ones win, and this one over all.";
  const $schema = { type: "string", description: "Where editors find this schema." };
  root.properties = { $schema, $import: { description: inherit, ...paths }, ...root.properties };
  return { title: ".experimentrc", ...root };
}

/** The schema beneath all rewriting, with nothing required. */
function written(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    io: "output",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      delete jsonSchema.required;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as Json;
}

function choice(
  { description, additionalProperties: common, ...map }: Json,
  known: Readonly<Record<string, z.ZodType>>,
) {
  const off = { type: ["boolean", "null"] };
  const entry = (options: unknown) => ({ anyOf: [options, off] });
  const shared = (common as Json).properties;
  const plugins = Object.entries(known).map(([name, schema]) => {
    const { $schema: _, ...options } = written(schema);
    return [name, entry({ ...options, properties: { ...shared, ...options.properties } })] as const;
  });
  delete map.propertyNames;
  const full = { ...map, properties: Object.fromEntries(plugins), additionalProperties: entry(common) };
  const name = { type: "string", examples: Object.keys(known) };
  return { description, anyOf: [full, { type: "array", items: { anyOf: [name, full] } }, name] } as Json;
}

function shorter({ description, ...map }: Json, names: unknown): Json {
  return { description, anyOf: [map, { enum: names }] };
}
