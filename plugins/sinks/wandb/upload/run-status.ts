import { membersOf } from "../log/json-text.ts";
import type { LineCounts } from "../log/placement.ts";
import { type Mark, marksFrom } from "../log/placement.ts";

/** What a server has of a run before anything is sent. */
export interface RunStatus {
  /** Undefined where the project is not there yet. */
  readonly entity: string | undefined;
  readonly project: string | undefined;
  /** Whether W&B takes it for a run that has begun (wandb: core/internal/runbranch/resume.go). */
  readonly exists: boolean;
  /** Whether it shows the run as one that has not ended; false where it does not say. */
  readonly open: boolean;
  readonly lines: LineCounts;
  /** One more than its last `_step`. */
  readonly nextStep: number;
  /** Its config and summary: members by name, as JSON text. */
  readonly config: ReadonlyMap<string, string>;
  readonly summary: ReadonlyMap<string, string>;
  /** Which logs wrote to it, oldest first. */
  readonly marks: readonly Mark[];
}

/** The query that `runStatusOf` reads the answer of. */
export const runResumeStatus = `query RunResumeStatus($project: String, $entity: String, $name: String!) {
  model(name: $project, entityName: $entity) {
    name entity { name }
    bucket(name: $name, missingOk: true) {
      id summaryMetrics logLineCount historyLineCount eventsLineCount historyTail state config wandbConfig(keys: ["t"])
    }
  }
}`;

/** Reads an answer. Throws an Error where the run is there and what it holds is not told. */
export function runStatusOf(data: unknown): RunStatus {
  const model = recordOf(recordOf(data).model);
  const bucket = model.bucket === null || model.bucket === undefined ? undefined : recordOf(model.bucket);
  const config = membersOf(textOf(bucket?.config));
  const summary = membersOf(textOf(bucket?.summaryMetrics));
  return {
    entity: textOf(recordOf(model.entity).name) || undefined,
    project: textOf(model.name) || undefined,
    exists: bucket !== undefined && membersOf(textOf(bucket.wandbConfig)).has("t"),
    open: textOf(bucket?.state).toLowerCase() === "running",
    lines: {
      history: bucket === undefined ? 0 : countOf(bucket.historyLineCount),
      events: bucket === undefined ? 0 : countOf(bucket.eventsLineCount),
      output: bucket === undefined ? 0 : countOf(bucket.logLineCount),
    },
    nextStep: Math.max(stepIn(summary), stepIn(lastRow(bucket?.historyTail))) + 1,
    config: new Map([...config].flatMap(([key, text]) => entryOf(key, text))),
    summary,
    marks: marksIn(membersOf(membersOf(config.get("_wandb") ?? "").get("value") ?? "")),
  };
}

/**
 * Our own marks; or else, where W&B's client alone sent the log of one writer, that it took it from its first line on. That client
 * keeps each environment under a random key, and the writer of the log in it.
 */
function marksIn(own: ReadonlyMap<string, string>): Mark[] {
  const marks = marksFrom(own.get("reluscope"));
  const environments = [...membersOf(own.get("e") ?? "").values()].map((one) => membersOf(one).get("writerId"));
  const [writer, another] = new Set(environments);
  if (marks.length > 0 || writer === undefined || another !== undefined) return marks;
  return [{ writer: String(JSON.parse(writer)), history: 0, events: 0, output: 0, step: 0 }];
}

/** A config entry without its wrapping; W&B's own one is left out. */
function entryOf(key: string, text: string): [string, string][] {
  const value = membersOf(text).get("value");
  return key === "_wandb" || value === undefined ? [] : [[key, value]];
}

function lastRow(tail: unknown): ReadonlyMap<string, string> {
  try {
    const rows: unknown = JSON.parse(textOf(tail));
    return membersOf(textOf(Array.isArray(rows) ? rows.at(-1) : undefined));
  } catch {
    return new Map();
  }
}

function stepIn(row: ReadonlyMap<string, string>): number {
  const step = Number(row.get("_step") ?? Number.NaN);
  return Number.isSafeInteger(step) ? step : -1;
}

function countOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
    throw new Error("an answer that does not say how many lines the run has");
  }
  return value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
