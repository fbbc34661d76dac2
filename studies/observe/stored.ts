/** The checkpoints of a run on disk, one that was trained here or one that was observed. */
import { latestCheckpoint, listCheckpoints } from "../../core/checkpoint/folder.ts";
import type { PluginTable } from "../../core/host/registry.ts";
import { readRows } from "../../core/record/reader.ts";
import { readRun } from "../../core/record/runs.ts";
import { openStoredRun, recordedData, type StoredRunOptions, storedConfig } from "../../core/run/open.ts";
import { type Looking, lookingAt } from "./looking.ts";
import { openObservation } from "./open.ts";
import { ownSubjects } from "./own.ts";

/** Steps that it has checkpoints of, ascending; those that an observed run has looked at. */
export async function checkpointSteps(dir: string): Promise<number[]> {
  const { run } = readRun(dir);
  if (run.observed === undefined) return whole(dir).map(({ step }) => step);
  return (await readRows(dir)).rows.map(({ step }) => step);
}

/**
 * Opens them: an observed run's as that run found them, with its thresholds. Throws `run.untrusted` for a run that names code or
 * places that are not the user's own word, `data.changed` where its text is not what is on record.
 */
export async function openCheckpoints(
  dir: string,
  plugins: PluginTable,
  options: StoredRunOptions = {},
): Promise<Looking> {
  const { run } = readRun(dir);
  if (run.observed === undefined) {
    const open = await openStoredRun(dir, plugins, options);
    return lookingAt(open, ownSubjects(whole(dir), open.plan.model));
  }
  const { observed } = run;
  const { word, acceptChangedCorpus } = options;
  const loaded = storedConfig(dir, plugins, word);
  return openObservation(loaded, plugins, { observed, recorded: recordedData(run), acceptChangedCorpus });
}

/** Without what was being written when a machine stopped. */
function whole(dir: string) {
  const { latest } = latestCheckpoint(dir);
  const good = listCheckpoints(dir).filter(({ step }) => latest !== undefined && step <= latest.step);
  return good.toReversed(); // newest last
}
