/** From the name of a run to a request that goes on with it. */
import { basename } from "node:path";
import { latestCheckpoint } from "../checkpoint/folder.ts";
import { parseWith } from "../config/check.ts";
import { frozen } from "../config/frozen.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { withSecretsOf } from "../config/secrets.ts";
import { runFinished } from "../errors/errors.ts";
import type { PluginTable } from "../host/registry.ts";
import { readRun, resolveRun } from "../record/runs.ts";
import type { SessionRequest } from "./open.ts";

/**
 * Finds the run that `ref` names under `root` and its newest whole checkpoint; config and sources are the run's own. A run that
 * was stopped before its first checkpoint begins again. No run records secrets: they come from the `present` config. Throws
 * `run.notFound`, or `usage` when nothing is left to train.
 */
export function resumeRequest(root: string, ref: string, plugins: PluginTable, present?: Config): SessionRequest {
  const { dir, run, state } = readRun(resolveRun(root, ref));
  const done = run.attempts.at(-1)?.outcome;
  if (state === "finished") throw runFinished(run.id, done?.step ?? run.steps);
  const { latest, skipped } = latestCheckpoint(dir);
  const config = frozen(parseWith(configSchema, withSecretsOf(run.config, present), [], run.sources));
  const loaded = { config, sources: run.sources, file: undefined, baseDir: run.baseDir };
  const notes = skipped.map(({ path, reason }) => `skipped ${basename(path)}: ${reason}`);
  if (latest === undefined) notes.push("no whole checkpoint: beginning again from the first step.");
  return { loaded, plugins, notes, resume: { dir, checkpoint: latest?.path } };
}
