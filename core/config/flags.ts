/** What the command line may set: `--set KEY=VALUE` for every key, and a flag of its own for the common ones. */
import type { z } from "zod";
import { invalidAssignment } from "../errors.ts";
import { parseAssignment } from "./key-path.ts";
import { nested, textValue } from "./text-value.ts";
import type { Layer } from "./tree.ts";

/** Flags as the command line gave them; texts are read as `--set` reads them. */
export interface Flags {
  /** `KEY=VALUE`, later ones win. */
  readonly set?: readonly string[];
  /** Key path to value, for keys of `shortFlags`. */
  readonly short?: Readonly<Record<string, unknown>>;
}

/** Flag to key path and help. */
export const shortFlags = {
  name: { key: "name", describe: "Name of the run" },
  runs: { key: "runs", describe: "Folder of the run directories" },
  seed: { key: "seed", describe: "Seed of everything random" },
  engine: { key: "engine.name", describe: "What runs the train step" },
  corpus: { key: "data.corpus", describe: "Corpus plugin" },
  "n-layers": { key: "model.n_layers", describe: "Transformer blocks" },
  "d-model": { key: "model.d_model", describe: "Width of the residual stream" },
  "d-mlp": { key: "model.d_mlp", describe: "Hidden units of each MLP" },
  "n-ctx": { key: "model.n_ctx", describe: "Context length, tokens" },
  activation: { key: "model.activation", describe: "MLP activation" },
  steps: { key: "train.steps", describe: "Optimizer steps" },
  "batch-size": { key: "train.batch_size", describe: "Sequences in one micro-batch" },
  lr: { key: "train.lr", describe: "Peak learning rate" },
} as const satisfies Record<string, { key: string; describe: string }>;

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
