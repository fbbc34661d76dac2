import { availableParallelism, hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Run } from "../../../core/contract/run.ts";
import { packageVersion } from "../../../core/modules/version.ts";
import { readPointer } from "./log/layout.ts";
import type { RunLogStart } from "./log/run-log.ts";
import type { Settings } from "./login/settings.ts";
import { runIdFrom } from "./login/validation.ts";

/**
 * What a server is told wrote the run. W&B's pages read a version of its own client here; the records are those of 0.30,
 * which the part before the hyphen says.
 */
export const clientVersion: string = `0.30.0-reluscope.${packageVersion}`;

/** What the first records need of a run; run.json has it too. */
export type KnownRun = Pick<Run, "id" | "name" | "dir" | "config" | "model" | "startedAt" | "fork" | "sweep">;

/**
 * The run's first records: who it is, and its config without anything that equals the API key.
 *
 * A fork takes its config from its parent, and with it the options of this sink: a W&B run id or name among them is the
 * parent's, so a fork never has it, or it would write into the parent's run. It tells where it comes from by `fork` in its
 * config, and by its group, which is the parent's W&B run unless the user chose one. RunRecord's `branch_point`, the client's own
 * mark of a fork, is left out: it needs the parent on the same server, its lines begin where that server counts them to begin
 * (sender.py, `_setup_fork`) and ours at 0, and where the two ids are one run it stands for a rewind, which cuts that run off
 * (runupserter.go, 0.30).
 *
 * The runs of a sweep never share an id or a name either, nor do they belong to a sweep of W&B's own. Unless the user chose otherwise, W&B's group of one holds the runs
 * that differ from it in their seed alone, and its job type, and a tag, name the sweep.
 */
export function startOf(run: KnownRun, settings: Settings): RunLogStart {
  const { entity, project, notes, tags } = settings;
  const { fork, sweep } = run;
  const alone = fork === undefined && sweep === undefined;
  const { id, name, sweepId } = alone ? settings : { id: undefined, name: undefined, sweepId: "" };
  return {
    run: {
      id: id ?? runIdFrom(run.id),
      entity,
      project,
      group: settings.group || (fork ? parentId(run.dir, fork.run) : (sweep?.group ?? "")),
      jobType: settings.jobType || (sweep?.name ?? ""),
      sweepId,
      name: name ?? run.name,
      notes,
      tags: sweep === undefined || tags.includes(sweep.name) ? tags : [...tags, sweep.name],
      host: hostname(),
      startedAt: run.startedAt,
    },
    config: {
      ...(withoutKey(run.config, settings.key) as Record<string, unknown>),
      model_shape: run.model,
      ...(fork && { fork }),
    },
    version: clientVersion,
    cpus: availableParallelism(),
  };
}

/** The W&B run id of a run in the same folder, or the one that it would be given. */
function parentId(dir: string, parent: string): string {
  const known = basename(parent) === parent ? readPointer(join(dirname(dir), parent), { trusted: true }) : undefined;
  return known?.id ?? runIdFrom(parent);
}

/** The same value with the key, wherever a text holds it, blotted out. */
function withoutKey(value: unknown, key: string | undefined): unknown {
  if (key === undefined) return value;
  if (typeof value === "string") return value.includes(key) ? value.replaceAll(key, "[secret]") : value;
  if (Array.isArray(value)) return value.map((one) => withoutKey(one, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutKey(one, key)]));
}
