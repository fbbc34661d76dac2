import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { z } from "zod";
import { exampleConfig } from "../../../core/config/example.ts";
import { configJsonSchema } from "../../../core/config/json-schema.ts";
import { formatKeyPath } from "../../../core/config/key-path.ts";
import { expectation, listKeys, schemaAt } from "../../../core/config/keys.ts";
import { leavesOf } from "../../../core/config/leaves.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { configSchema } from "../../../core/config/schema.ts";
import { shortFlags } from "../../../core/config/short-flags.ts";
import { planSchema } from "../../../studies/sweep/plan.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const everyKey = [
  ...listKeys(configSchema),
  ...listKeys(schemaAt(configSchema, ["analyzers", "any"]) as typeof configSchema, ["analyzers", "token-sparsity"]),
];

describe("configSchema", () => {
  it("describes every key in a sentence, and says what values it takes", () => {
    expect(everyKey).to.have.length.above(40);
    for (const { path, description, schema } of everyKey) {
      expect(description, formatKeyPath(path)).to.match(/^\S.{8,}\.$/);
      expect(expectation(schema), formatKeyPath(path)).to.be.a("string");
    }
  });

  it("has a default for every key, or says what holds when it is left out", () => {
    for (const { path, description, isSection, default: value } of everyKey) {
      if (isSection) continue;
      expect(value !== undefined || description.includes("when left out"), formatKeyPath(path)).to.equal(true);
    }
  });

  it("accepts its own defaults, as they are and once resolved", () => {
    const resolved = configSchema.parse({});
    expect(configSchema.parse(resolved)).to.deep.equal(resolved);
  });

  it("has the keys that short flags are for", () => {
    for (const { key } of Object.values(shortFlags)) {
      expect(schemaAt(configSchema, key.split(".")), key).not.to.equal(undefined);
    }
  });
});

describe(".experimentrc.example", () => {
  it("is what `npm run build` writes from the schema", async () => {
    const text = await readFile(`${root}.experimentrc.example`, "utf8");
    expect(text).to.equal(exampleConfig("dist/experimentrc.schema.json"));
  });

  it("holds every key once, with its default", async () => {
    const text = await readFile(`${root}.experimentrc.example`, "utf8");
    for (const { path } of everyKey) {
      expect(text, formatKeyPath(path)).to.match(new RegExp(`^ *(# )?${path.at(-1)}:`, "m"));
    }
    const { config, sources } = await loadConfig({ cwd: root, file: ".experimentrc.example", env: {} });
    expect(config).to.deep.equal(configSchema.parse({}));
    const fromDefault = Object.keys(sources).filter((key) => sources[key] === "default");
    expect(fromDefault).to.deep.equal(["train.warmup_steps"]);
  });
});

describe("configJsonSchema", () => {
  type Json = { properties?: Record<string, Json>; anyOf?: Json[]; required?: string[]; [key: string]: unknown };
  const schema = configJsonSchema({ analyzers: { known: configSchema } }) as Json;

  it("describes every key with type, default and description", () => {
    const { optimizer: _, schedule: __, ...train } = configSchema.parse({}).train;
    for (const { keyPath } of leavesOf(train)) {
      expect(schema.properties?.train?.properties?.[keyPath], keyPath).to.include.all.keys(
        "default",
        "description",
        "type",
      );
    }
    for (const key of ["optimizer", "schedule"]) {
      expect(schema.properties?.train?.properties?.[key], key).to.include.all.keys("description", "anyOf");
    }
  });

  it("requires nothing, and allows $schema and $import", () => {
    expect(JSON.stringify(schema)).not.to.include('"required"');
    expect(schema.properties).to.include.all.keys("$schema", "$import", "train", "analyzers");
  });

  it("describes a plan under `sweep`, with the options of known executors", () => {
    const executors = { "sweep.executor": { known: z.strictObject({ throttle: z.int().describe("Tasks.") }) } };
    const { sweep } = (configJsonSchema(executors, { sweep: planSchema }) as Json).properties ?? {};
    expect(sweep?.properties).to.include.all.keys("grid", "zip", "list", "random", "exclude", "executor");
    expect(sweep?.properties?.grid?.description).to.include("every combination");
    const known = sweep?.properties?.executor?.anyOf?.[0]?.properties?.known?.anyOf?.[0];
    expect(Object.keys(known?.properties ?? {})).to.deep.equal(["throttle"]);
  });

  it("completes the options of known plugins", () => {
    const map = schema.properties?.analyzers?.anyOf?.[0];
    expect(Object.keys(map?.properties?.known?.anyOf?.[0]?.properties ?? {})).to.include.members(["every", "train"]);
  });
});
