/** A plan as it is written: a file of its own, or the key `sweep` of the rc file. */
import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { parseWith } from "../../core/config/check.ts";
import { findConfig, readMap } from "../../core/config/files.ts";
import { isPlainObject, normalisedChoice } from "../../core/config/shorthand.ts";
import { configNotFound, noPlan } from "../../core/errors/errors.ts";

const settings = z.record(z.string(), z.unknown());

/** Every key of a plan with its description. */
export const planSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,63}$/)
    .optional()
    .describe("Begins the name of every run; when left out, that of the file."),
  config: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Config that all runs start from, relative to the plan; default: searched from the plan's folder upwards.",
    ),
  set: settings.default({}).describe("Keys of the config that all runs share."),
  grid: settings.optional().describe("Key to values: every combination is a run."),
  zip: settings.optional().describe("Keys whose values go together, the first with the first and so on."),
  list: z.array(settings).min(1).optional().describe("Settings written out, each a map of keys."),
  random: z
    .strictObject({
      count: z.int().min(1).describe("Draws."),
      seed: z.int().min(0).default(1).describe("Seed of the draws."),
      keys: settings.describe("Key to `uniform`, `log-uniform`, `integer` ([least, most]) or `choice`."),
    })
    .optional()
    .describe("Values that are drawn."),
  exclude: z.array(settings).default([]).describe("Combinations to leave out: keys with a value, several, or a range."),
  executor: z
    .preprocess(normalisedChoice, z.record(z.string(), z.looseObject({})))
    .default({})
    .describe("What runs it, with options; the first is taken unless `--on` names another."),
});

/** A plan, checked. */
export type Plan = z.output<typeof planSchema>;

/** A plan and where it stands. */
export interface FoundPlan {
  readonly plan: Plan;
  readonly name: string;
  /** The file, absolute, and what errors call it. */
  readonly file: string;
  readonly where: string;
  /** The config file that the runs start from, absolute; undefined where there is none. */
  readonly config: string | undefined;
}

/** Reads the plan in `file`, or under `sweep` in the rc file of `cwd`. Throws `config.notFound`, `config.invalid`, `usage`. */
export async function readPlan(cwd: string, file: string | undefined): Promise<FoundPlan> {
  const at = file === undefined ? (await findConfig(cwd)).file : path.resolve(cwd, file);
  if (at === undefined) throw noPlan();
  if (!existsSync(at)) throw configNotFound("sweep", file ?? at);
  const where = path.relative(cwd, at) || path.basename(at);
  const map = await readMap(at, where);
  const inRc = file === undefined || isPlainObject(map.sweep);
  if (inRc && !isPlainObject(map.sweep)) throw noPlan(where);
  const sources = Object.fromEntries((inRc ? ["sweep"] : Object.keys(map)).map((key) => [key, where]));
  const plan = parseWith(planSchema, inRc ? map.sweep : map, inRc ? ["sweep"] : [], sources);
  const folder = path.dirname(at);
  const asked = plan.config === undefined ? undefined : path.resolve(folder, plan.config);
  if (asked !== undefined && !existsSync(asked)) throw configNotFound(`${where}: config`, plan.config!);
  return {
    plan,
    name: plan.name ?? (inRc ? "sweep" : nameOf(at)),
    file: at,
    where: inRc ? `${where}: sweep` : where,
    config: asked ?? (inRc ? at : (await findConfig(folder)).file),
  };
}

function nameOf(file: string): string {
  const stem = path.basename(file).replace(/\.[^.]+$/, "");
  return (
    stem
      .replace(/[^\w.-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 64) || "sweep"
  );
}
