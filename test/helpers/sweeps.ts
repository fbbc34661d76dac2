/** Sweeps of tiny runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openConfig } from "../../core/config/load.ts";
import { readPlan } from "../../studies/sweep/plan.ts";
import { type OpenSweep, openPlan } from "../../studies/sweep/snapshot.ts";
import { tinyConfig, writeTiny } from "./tiny.ts";

/** Writes a tiny project with a plan of 2 learning rates and 2 seeds; `plan` changes the plan, `rc` the rc file. */
export function writeSweep(folder: string, plan: object = {}, rc: object = {}): void {
  const quick = { train: { ...tinyConfig.train, steps: 6 }, checkpoint: { every: 2 }, eval: { every: 0, windows: 4 } };
  writeTiny(folder, { analyzers: { "token-sparsity": {} }, engine: { threads: 1 }, ...quick, ...rc });
  writeFileSync(join(folder, "package.json"), "{}");
  const grid = { "train.lr": [1e-3, 1e-2], seed: [1, 2] };
  writeFileSync(join(folder, "plan.yaml"), JSON.stringify({ name: "tiny", grid, ...plan }));
}

/** The sweep of that plan. */
export async function tinySweep(folder: string): Promise<OpenSweep> {
  const found = await readPlan(folder, "plan.yaml");
  const base = await openConfig({ cwd: folder, file: found.config, env: {} });
  const { sweep, write } = await openPlan(found, base, base.runsFolder());
  write();
  return sweep;
}
