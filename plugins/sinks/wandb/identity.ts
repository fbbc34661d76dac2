import { availableParallelism, hostname } from "node:os";
import type { Run } from "../../../core/plugin.ts";
import { packageVersion } from "../../../core/version.ts";
import type { JournalStart } from "./journal.ts";
import type { Settings } from "./settings.ts";
import { runIdFrom } from "./validation.ts";

/**
 * What a server is told wrote the run. W&B's pages read a version of its own client here; the records are those of 0.30,
 * which the part before the hyphen says.
 */
export const clientVersion: string = `0.30.0-reluscope.${packageVersion}`;

/** What the first records need of a run; run.json has it too. */
export type KnownRun = Pick<Run, "id" | "name" | "config" | "model" | "startedAt">;

/** The run's first records: who it is, and its config without anything that equals the API key. */
export function startOf(run: KnownRun, settings: Settings): JournalStart {
  const { entity, project, group, jobType, notes, tags } = settings;
  return {
    run: {
      id: settings.id ?? runIdFrom(run.id),
      entity,
      project,
      group,
      jobType,
      name: settings.name ?? run.name,
      notes,
      tags,
      host: hostname(),
      startedAt: run.startedAt,
    },
    config: { ...(withoutKey(run.config, settings.key) as Record<string, unknown>), model_shape: run.model },
    version: clientVersion,
    cpus: availableParallelism(),
  };
}

/** The same value with the key, wherever a text holds it, blotted out. */
function withoutKey(value: unknown, key: string | undefined): unknown {
  if (key === undefined) return value;
  if (typeof value === "string") return value.includes(key) ? value.replaceAll(key, "[secret]") : value;
  if (Array.isArray(value)) return value.map((one) => withoutKey(one, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutKey(one, key)]));
}
