/** Which keys of a recorded config a resume may change: those that describe no part of what has been trained already. */
import { badSteps, invalidAssignment, keptKey } from "../errors/errors.ts";
import { parseWith } from "./check.ts";
import { type Difference, differencesOf } from "./difference.ts";
import { parseAssignment } from "./key-path.ts";
import { type Config, configSchema } from "./schema.ts";
import { isPlainObject } from "./shorthand.ts";
import { nested, textValue } from "./text-value.ts";

/** By key path; a name with a dot behind stands for all below it. The data itself is held against its recorded hash. */
export const resumableKeys = [
  "train.lr",
  "train.min_lr",
  "train.weight_decay",
  "train.grad_clip",
  "train.skip_above",
  "train.hold",
  "train.until",
  "eval.every",
  "checkpoint.",
  "engine.",
  "data.corpus.",
  "data.eval_corpus.",
] as const;

/** What `resume` was asked to change. */
export interface ResumeChanges {
  /** `KEY=VALUE`, later ones win. */
  readonly set?: readonly string[];
  /** The last step of the run: within its schedule, or further, which stretches the schedule. */
  readonly steps?: number | undefined;
}

/** The config of a run with the changes, and what they come to. Throws `usage` for a key that must stay. */
export async function changedConfig(
  config: Config,
  { set = [], steps }: ResumeChanges,
  sources: Readonly<Record<string, string>>,
  done: number,
): Promise<{ readonly config: Config; readonly changes: readonly Difference[] }> {
  let values: Record<string, unknown> = structuredClone(config) as Record<string, unknown>;
  for (const text of set) {
    const assignment = parseAssignment(text);
    if (assignment === undefined) throw invalidAssignment("--set", text);
    const { path, value } = assignment;
    const keyPath = path.join(".");
    if (!isResumable(keyPath)) throw keptKey(keyPath, resumableKeys);
    values = merged(values, nested(path, await textValue(value, path, configSchema, "--set")));
  }
  if (steps !== undefined) {
    if (steps <= done) throw badSteps(steps, done);
    const { train } = config;
    values = merged(values, {
      train: steps > train.steps ? { steps, until: 0 } : { until: steps === train.steps ? 0 : steps },
    });
  }
  const changed = parseWith(configSchema, values, [], sources);
  return { config: changed, changes: differencesOf(config, changed) };
}

/** Whether a key may differ from the config that a checkpoint was saved under. */
export function isResumable(keyPath: string): boolean {
  return resumableKeys.some((key) => keyPath === key || (key.endsWith(".") && keyPath.startsWith(key)));
}

function merged(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const old = out[key];
    out[key] = isPlainObject(old) && isPlainObject(value) ? merged(old, value) : value;
  }
  return out;
}
