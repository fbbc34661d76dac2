/** W&B's records as they are read back: only what a replay needs. */

import { fieldsOf } from "../../../../core/wire/protobuf.ts";
import type { Artifact } from "./artifact.ts";
import { artifactFrom } from "./artifact-record.ts";
import { Fields } from "./fields.ts";
import type { MetricDefinition, RunIdentity } from "./records.ts";
import { kind } from "./records.ts";

/** A value on its path, as JSON text. */
export interface Item {
  readonly path: readonly string[];
  readonly text: string;
}

export type Decoded =
  | { readonly type: "run"; readonly run: RunIdentity; readonly config: readonly Item[]; readonly version: string }
  | { readonly type: "history"; readonly items: readonly Item[]; readonly step: number }
  | { readonly type: "summary" | "config"; readonly update: readonly Item[]; readonly remove: readonly Item[] }
  | { readonly type: "metric"; readonly metric: MetricDefinition }
  | { readonly type: "stats"; readonly time: number; readonly items: readonly Item[] }
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly time: number; readonly line: string }
  | { readonly type: "files"; readonly paths: readonly string[] }
  | { readonly type: "artifact"; readonly artifact: Artifact }
  | { readonly type: "environment"; readonly writer: string }
  | { readonly type: "exit"; readonly code: number; readonly runtime: number }
  | { readonly type: "other" };

/** Reads one record. Throws a RangeError where the bytes are no message. */
export function decode(payload: Buffer): Decoded {
  for (const { number, value } of fieldsOf(payload)) {
    if (typeof value === "number") continue;
    const decoder = decoders.get(number);
    if (decoder !== undefined) return decoder(value);
  }
  return { type: "other" };
}

const decoders: ReadonlyMap<number, (bytes: Buffer) => Decoded> = new Map<number, (bytes: Buffer) => Decoded>([
  [kind.run, runOf],
  [kind.history, historyOf],
  [kind.summary, (bytes) => ({ type: "summary", ...changesOf(bytes) })],
  [kind.config, (bytes) => ({ type: "config", ...changesOf(bytes) })],
  [kind.metric, metricOf],
  [kind.stats, statsOf],
  [kind.output, outputOf],
  [kind.files, filesOf],
  [kind.artifact, (bytes) => ({ type: "artifact", artifact: artifactFrom(bytes) })],
  [kind.environment, (bytes) => ({ type: "environment", writer: new Fields(bytes).text(199) })],
  [kind.exit, exitOf],
]);

function itemsIn(bytes: Buffer, field: number): Item[] {
  const items: Item[] = [];
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === field && typeof value !== "number") items.push(itemOf(value));
  }
  return items;
}

function itemOf(bytes: Buffer): Item {
  let key: string | undefined;
  let text = "";
  const nested: string[] = [];
  for (const { number, value } of fieldsOf(bytes)) {
    if (typeof value === "number") continue;
    if (number === 1) key = value.toString("utf8");
    else if (number === 2) nested.push(value.toString("utf8"));
    else if (number === 16) text = value.toString("utf8");
  }
  return { path: key === undefined ? nested : [key], text };
}

function msOf(bytes: Buffer): number {
  const fields = new Fields(bytes);
  return fields.int(1) * 1000 + fields.int(2) / 1e6;
}

function runOf(bytes: Buffer): Decoded {
  const f = new Fields(bytes);
  const run: RunIdentity = {
    id: f.text(1),
    entity: f.text(2),
    project: f.text(3),
    group: f.text(6),
    jobType: f.text(7),
    name: f.text(8),
    notes: f.text(9),
    tags: f.texts(10),
    sweepId: f.text(12),
    host: f.text(13),
    startedAt: msOf(f.bytes(17)),
  };
  return { type: "run", run, config: itemsIn(f.bytes(4), 1), version: new Fields(f.bytes(19)).text(5) };
}

function historyOf(bytes: Buffer): Decoded {
  let step = 0;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 2 && typeof value !== "number") step = new Fields(value).int(1);
  }
  return { type: "history", items: itemsIn(bytes, 1), step };
}

function changesOf(bytes: Buffer): { update: Item[]; remove: Item[] } {
  return { update: itemsIn(bytes, 1), remove: itemsIn(bytes, 2) };
}

function metricOf(bytes: Buffer): Decoded {
  const f = new Fields(bytes);
  const wanted = new Fields(f.bytes(7));
  const kinds = [wanted.int(1) ? "min" : "", wanted.int(2) ? "max" : "", wanted.int(5) ? "last" : ""];
  const metric: MetricDefinition = {
    name: f.text(1),
    summary: kinds.filter((one) => one !== "") as MetricDefinition["summary"],
    hidden: new Fields(f.bytes(6)).int(2) !== 0,
    ...(f.text(4) === "" ? {} : { axis: f.text(4) }),
  };
  return { type: "metric", metric };
}

function statsOf(bytes: Buffer): Decoded {
  const items = itemsIn(bytes, 3);
  return { type: "stats", time: msOf(new Fields(bytes).bytes(2)), items };
}

function outputOf(bytes: Buffer): Decoded {
  const f = new Fields(bytes);
  const line = f.text(3).replace(/\n$/, "");
  return { type: "output", stream: f.int(1) === 1 ? "stdout" : "stderr", time: msOf(f.bytes(2)), line };
}

function filesOf(bytes: Buffer): Decoded {
  return { type: "files", paths: itemsIn(bytes, 1).flatMap((item) => item.path) };
}

function exitOf(bytes: Buffer): Decoded {
  const f = new Fields(bytes);
  return { type: "exit", code: f.int(1), runtime: f.int(2) };
}
