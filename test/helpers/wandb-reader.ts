/** An independent reader of W&B transaction logs: protobufjs over a schema, and a container parser that shares no code with ours. */
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

const schema = `syntax = "proto3"; package wandb_internal;
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Item { string key = 1; repeated string nested_key = 2; string value_json = 16; }
message StatsItem { string key = 1; string value_json = 16; }
message Changes { repeated Item update = 1; repeated Item remove = 2; }
message HistoryStep { int64 num = 1; }
message HistoryRecord { repeated Item item = 1; HistoryStep step = 2; }
message OutputRawRecord { int32 output_type = 1; Timestamp timestamp = 2; string line = 3; }
message FilesItem { string path = 1; int32 policy = 2; int32 type = 3; }
message FilesRecord { repeated FilesItem files = 1; }
message StatsRecord { int32 stats_type = 1; Timestamp timestamp = 2; repeated StatsItem item = 3; }
message MetricOptions { bool step_sync = 1; bool hidden = 2; bool defined = 3; }
message MetricSummary { bool min = 1; bool max = 2; bool mean = 3; bool best = 4; bool last = 5; bool none = 6; }
message MetricRecord { string name = 1; string glob_name = 2; string step_metric = 4; int32 step_metric_index = 5; MetricOptions options = 6; MetricSummary summary = 7; int32 goal = 8; }
message Feature { bool metric = 7; }
message TelemetryRecord { Feature feature = 3; string python_version = 4; string cli_version = 5; string core_version = 12; string platform = 13; }
message RunRecord { string run_id = 1; string entity = 2; string project = 3; Changes config = 4; string run_group = 6; string job_type = 7; string display_name = 8; string notes = 9; repeated string tags = 10; string sweep_id = 12; string host = 13; Timestamp start_time = 17; TelemetryRecord telemetry = 19; }
message RunExitRecord { int32 exit_code = 1; int32 runtime = 2; bool not_complete = 3; }
message EnvironmentRecord { string os = 1; Timestamp started_at = 3; string host = 12; string executable = 14; uint32 cpu_count_logical = 17; string writer_id = 199; }
message StoragePolicyConfigItem { string key = 1; string value_json = 2; }
message ArtifactManifestEntry { string path = 1; string digest = 2; string ref = 3; int64 size = 4; string mimetype = 5; string local_path = 6; string birth_artifact_id = 7; bool skip_cache = 8; }
message ArtifactManifest { int32 version = 1; string storage_policy = 2; repeated StoragePolicyConfigItem storage_policy_config = 3; repeated ArtifactManifestEntry contents = 4; }
message ArtifactRecord { string run_id = 1; string project = 2; string entity = 3; string type = 4; string name = 5; string digest = 6; string metadata = 8; repeated string aliases = 11; ArtifactManifest manifest = 12; bool finalize = 14; string client_id = 15; string sequence_client_id = 16; }
message Record { int64 num = 1; oneof record_type { HistoryRecord history = 2; Changes summary = 3; Changes config = 5; FilesRecord files = 6; StatsRecord stats = 7; ArtifactRecord artifact = 8; MetricRecord metric = 12; OutputRawRecord output_raw = 13; RunRecord run = 17; RunExitRecord exit = 18; EnvironmentRecord environment = 26; } }`;

const Record = protobuf.parse(schema, { keepCase: true }).root.lookupType("wandb_internal.Record");

interface Item {
  readonly nested_key?: readonly string[];
  readonly key?: string;
  readonly value_json: string;
}

/** The parts of a decoded record that tests look at. */
export interface ReadRecord {
  readonly record_type: string;
  readonly num?: number;
  readonly history?: { readonly item: readonly Item[]; readonly step: { readonly num?: number } };
  readonly summary?: { readonly update: readonly Item[] };
  readonly config?: { readonly update: readonly Item[] };
  readonly metric?: {
    readonly name: string;
    readonly step_metric?: string;
    readonly summary?: object;
    readonly options?: object;
  };
  readonly run?: {
    readonly run_id: string;
    readonly display_name?: string;
    readonly project?: string;
    readonly run_group?: string;
    readonly tags?: readonly string[];
    readonly config: { readonly update: readonly Item[] };
    readonly start_time: { readonly seconds: number; readonly nanos?: number };
  };
  readonly output_raw?: { readonly output_type?: number; readonly line: string };
  readonly artifact?: {
    readonly run_id: string;
    readonly project: string;
    readonly type: string;
    readonly name: string;
    readonly digest: string;
    readonly aliases: readonly string[];
    readonly finalize: boolean;
    readonly client_id: string;
    readonly manifest: {
      readonly version: number;
      readonly storage_policy: string;
      readonly storage_policy_config: readonly { readonly key: string; readonly value_json: string }[];
      readonly contents: readonly {
        readonly path: string;
        readonly digest: string;
        readonly size: number;
        readonly local_path: string;
      }[];
    };
  };
  readonly stats?: { readonly item: readonly Item[] };
  readonly files?: { readonly files: readonly { readonly path: string; readonly type?: number }[] };
  readonly exit?: { readonly exit_code?: number; readonly runtime?: number };
}

/** Payloads of all whole records; a torn tail ends the list, anything else that is wrong throws. */
export function readPayloads(file: Uint8Array): Buffer[] {
  const bytes = Buffer.from(file);
  if (bytes.subarray(0, 7).toString("hex") !== "3a572642e1be00") throw new Error("bad file header");
  const payloads: Buffer[] = [];
  let open: Buffer[] | undefined;
  for (let block = 0; block * 32768 < bytes.length; block++) {
    let at = block * 32768 + (block === 0 ? 7 : 0);
    const stop = Math.min((block + 1) * 32768, bytes.length);
    for (; (block + 1) * 32768 - at >= 7; ) {
      if (at + 7 > stop) return payloads;
      const length = bytes[at + 4]! + 256 * bytes[at + 5]!;
      const type = bytes[at + 6]!;
      const end = at + 7 + length;
      if (end > stop) {
        if (end > (block + 1) * 32768) throw new Error(`chunk at ${at} crosses its block`);
        return payloads;
      }
      if (crcOf(bytes.subarray(at + 6, end)) !== bytes.readUInt32LE(at)) throw new Error(`bad checksum at ${at}`);
      const part = bytes.subarray(at + 7, end);
      if (type === 1 || type === 2) {
        if (open !== undefined) throw new Error(`record inside a record at ${at}`);
        open = [part];
      } else {
        if (open === undefined) throw new Error(`no record to go on with at ${at}`);
        open.push(part);
      }
      if (type === 1 || type === 4) {
        payloads.push(Buffer.concat(open));
        open = undefined;
      }
      at = end;
    }
    if (bytes.subarray(at, stop).some((byte) => byte !== 0)) throw new Error(`padding at ${at} is not zero`);
  }
  return payloads;
}

/** All whole records of a log. */
export function readLog(path: string): ReadRecord[] {
  return readPayloads(readFileSync(path)).map((payload) => {
    const message = Record.decode(payload);
    return Record.toObject(message, { longs: Number, oneofs: true, arrays: true }) as unknown as ReadRecord;
  });
}

/** The rows of a log as plain objects; NaN and infinities as numbers. */
export function readHistory(path: string): Record<string, unknown>[] {
  return readLog(path).flatMap(({ history }) => {
    if (history === undefined) return [];
    return [
      Object.fromEntries(history.item.map(({ nested_key, value_json }) => [nested_key![0]!, lenient(value_json)])),
    ];
  });
}

/** JSON with bare NaN and infinities. */
export function lenient(text: string): unknown {
  const words: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, "-Infinity": -Infinity };
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (m) => (m.startsWith('"') ? m : `"\\u0001${m}"`));
  return JSON.parse(marked, (_, v) => (typeof v === "string" && v.startsWith("\u0001") ? words[v.slice(1)] : v));
}

/** CRC-32 (IEEE), bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
