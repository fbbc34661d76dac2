/** From the plan that a command names to its sweep. */
import { existsSync } from "node:fs";
import path from "node:path";
import { openConfig } from "../../core/config/load.ts";
import { configNotFound } from "../../core/errors/errors.ts";
import type { NamedSweep } from "../../studies/sweep/executor.ts";
import { readPlan } from "../../studies/sweep/plan.ts";
import { isSnapshot, openPlan, openSnapshot } from "../../studies/sweep/snapshot.ts";
import { type ConfigArguments, flagsFrom } from "../config-flags.ts";

export type PlanArguments = ConfigArguments & { readonly plan: string | undefined };

/** Opens the sweep of a plan file, of the rc file, or of a snapshot in a sweep's folder. */
export async function namedSweep(args: PlanArguments): Promise<NamedSweep> {
  const cwd = process.cwd();
  if (args.plan !== undefined && isSnapshot(path.resolve(cwd, args.plan))) {
    if (!existsSync(args.plan)) throw configNotFound("sweep", args.plan);
    return { sweep: openSnapshot(path.resolve(cwd, args.plan)), found: undefined, write: () => {} };
  }
  const { file, flags } = flagsFrom(args);
  const found = await readPlan(cwd, args.plan);
  const at = file ?? found.config;
  const folder = path.dirname(found.file);
  const base = await openConfig({
    cwd: at === undefined ? folder : cwd,
    file: at,
    env: process.env,
    ...(flags && { flags }),
  });
  const { sweep, write } = await openPlan(found, base, base.runsFolder());
  return { sweep, found, write };
}
