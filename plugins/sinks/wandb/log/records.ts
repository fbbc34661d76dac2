/** W&B's records as they are written: field numbers of `wandb_internal.proto`, verified with client 0.30. */

import { Message } from "../../../../core/wire/protobuf.ts";
import { jsonText } from "./json-text.ts";

/** Field of `Record.record_type` for the kinds that are written. */
export const kind = {
  history: 2,
  summary: 3,
  config: 5,
  files: 6,
  stats: 7,
  artifact: 8,
  telemetry: 4,
  metric: 12,
  output: 13,
  run: 17,
  exit: 18,
  environment: 26,
} as const;

/** Who and what a run is. Empty strings are left to the server. */
export interface RunIdentity {
  readonly id: string;
  readonly entity: string;
  readonly project: string;
  readonly group: string;
  readonly jobType: string;
  /** A sweep of W&B's own. */
  readonly sweepId: string;
  readonly name: string;
  readonly notes: string;
  readonly tags: readonly string[];
  readonly host: string;
  /** ms since 1970. */
  readonly startedAt: number;
}

/** How a metric is shown: its axis, and what of it stands in the summary. */
export interface MetricDefinition {
  readonly name: string;
  readonly axis?: string;
  readonly summary: readonly SummaryKind[];
  readonly hidden?: boolean;
}

export type SummaryKind = "min" | "max" | "last";

/** Wraps a message as a Record with its number in the log. */
export function record(number: number, field: number, message: Message): Buffer {
  return new Message().int(1, number).message(field, message).bytes();
}

function timestamp(ms: number): Message {
  const seconds = Math.floor(ms / 1000);
  return new Message().int(1, seconds).int(2, Math.round((ms - seconds * 1000) * 1e6));
}

/** ConfigItem, HistoryItem and SummaryItem have one shape. */
function item(path: readonly string[], text: string): Message {
  return new Message().strings(2, path).string(16, text);
}

export function runRecord(run: RunIdentity, config: Readonly<Record<string, unknown>>, version: string): Message {
  const items = Object.entries(config).map(([key, value]) => new Message().string(1, key).string(16, jsonText(value)));
  return new Message()
    .string(1, run.id)
    .string(2, run.entity)
    .string(3, run.project)
    .message(4, new Message().messages(1, items))
    .string(6, run.group)
    .string(7, run.jobType)
    .string(8, run.name)
    .string(9, run.notes)
    .strings(10, run.tags)
    .string(12, run.sweepId)
    .string(13, run.host)
    .message(17, timestamp(run.startedAt))
    .message(19, telemetry(version));
}

function telemetry(version: string): Message {
  const feature = new Message().int(7, true);
  return new Message()
    .message(3, feature)
    .string(5, version)
    .string(13, `${process.platform}-${process.arch === "x64" ? "x86_64" : process.arch}`);
}

/** A late change of the config. */
export function configRecord(path: readonly string[], text: string): Message {
  return new Message().message(1, item(path, text));
}

export function summaryRecord(items: readonly (readonly [path: readonly string[], text: string])[]): Message {
  return new Message().messages(
    1,
    items.map(([path, text]) => item(path, text)),
  );
}

export function metricRecord({ name, axis, summary, hidden }: MetricDefinition): Message {
  const has = (one: SummaryKind) => summary.includes(one);
  const options = new Message()
    .int(1, axis !== undefined)
    .int(2, hidden)
    .int(3, true);
  const message = new Message().string(1, name.replaceAll(".", "\\.")).string(4, axis).message(6, options);
  if (summary.length === 0) return message;
  return message.message(7, new Message().int(1, has("min")).int(2, has("max")).int(5, has("last")));
}

export function statsRecord(time: number, values: Readonly<Record<string, number>>): Message {
  const items = Object.entries(values).map(([key, v]) => new Message().string(1, key).string(16, jsonText(v)));
  return new Message().message(2, timestamp(time)).messages(3, items);
}

/** A line with its end: W&B's client plays records to a terminal, where lines without one run into each other. */
export function outputRecord(stream: "stdout" | "stderr", time: number, line: string): Message {
  return new Message()
    .int(1, stream === "stdout")
    .message(2, timestamp(time))
    .string(3, `${line}\n`);
}

/** Files under `files/`, uploaded at the end. */
export function filesRecord(paths: readonly string[], type: "other" | "media"): Message {
  const items = paths.map((path) =>
    new Message()
      .string(1, path)
      .int(2, 1)
      .int(3, type === "media" ? 2 : 0),
  );
  return new Message().messages(1, items);
}

/** `writer` tells this log from every other one of the same run; W&B's client keeps it in the run's config on the server. */
export function environmentRecord(host: string, startedAt: number, cpus: number, writer: string): Message {
  return new Message()
    .string(1, `${process.platform} ${process.arch}`)
    .message(3, timestamp(startedAt))
    .string(12, host)
    .string(14, process.execPath)
    .int(17, cpus)
    .string(199, writer);
}

/** `runtime` in whole seconds. */
export function exitRecord(code: number, runtime: number): Message {
  return new Message().int(1, code).int(2, runtime);
}
