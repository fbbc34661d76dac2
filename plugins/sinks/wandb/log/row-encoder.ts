import type { Row } from "../../../../core/contract/sink.ts";
import { putVarint, varintSize } from "../../../../core/wire/protobuf.ts";
import { histogramText } from "./histogram.ts";
import { numberText } from "./json-text.ts";
import { kind, type SummaryKind } from "./records.ts";

/** Least and greatest so far of the metrics whose summary asks for them. */
export interface Extremes {
  min: number;
  max: number;
}

/** Settings of the encoder, and what it must remember of a run that goes on. */
export interface RowEncoding {
  /** ms since 1970: where `_runtime` counts from. */
  readonly startedAt: number;
  readonly bins: number;
  /** Whether an array holds token ids: a histogram of those means nothing. */
  holdsIds(key: string): boolean;
  /** What the summary holds of a metric beside its last value. Asked once for each key, when it first appears. */
  summaryOf(key: string): readonly SummaryKind[];
  readonly extremes: Map<string, Extremes>;
}

interface Key {
  /** Field 2 (nested_key) with the key, and the tag of field 16 (value_json). */
  readonly prefix: Buffer;
  readonly summary: readonly SummaryKind[];
}

/** Characters of histograms in one row: W&B takes requests of 10 MiB, and a row cannot be divided. */
const mostHistogramText = 4 * 1024 * 1024;

/** Keys that W&B gives a meaning of its own; a metric of that name is written as `metric/<name>`. */
const reserved: ReadonlySet<string> = new Set(["_step", "_timestamp", "_runtime", "_wandb"]);

/**
 * The history and the summary record of a row, made by hand: this runs once a step on the training thread. An item has the
 * same bytes in both records, so it is encoded once.
 */
export class RowEncoder {
  readonly #encoding: RowEncoding;
  readonly #keys: Map<string, Key> = new Map();
  #items: Buffer = Buffer.allocUnsafe(4096);
  #end = 0;
  #omitted = 0;
  #ids: string | undefined;

  constructor(encoding: RowEncoding) {
    this.#encoding = encoding;
  }

  /** Histograms that were left out of rows that would not fit a request. */
  get omittedHistograms(): number {
    return this.#omitted;
  }

  /** The first array that was left out because it holds token ids. */
  get omittedIds(): string | undefined {
    return this.#ids;
  }

  /** The two payloads, summary first as W&B's client has it; `number` is the first one's number in the log. */
  encode(row: Row, number: number): [summary: Buffer, history: Buffer] {
    const { startedAt, bins, extremes } = this.#encoding;
    const plain: [Key, string][] = [];
    const special: [string, Key, string][] = [];
    for (const name in row.metrics) {
      const value = row.metrics[name];
      if (value === undefined) continue;
      const key = this.#key(name);
      if (key.summary.length === 0) plain.push([key, numberText(value)]);
      else {
        widen(extremes, name, value);
        special.push([name, key, numberText(value)]);
      }
    }
    let room = mostHistogramText;
    for (const name in row.arrays) {
      if (this.#encoding.holdsIds(name)) {
        this.#ids ??= name;
        continue;
      }
      const array = row.arrays[name];
      const text = array && histogramText(array, bins);
      if (text === undefined) continue;
      room -= text.length;
      if (room < 0) this.#omitted += 1;
      else plain.push([this.#key(name), text]);
    }
    if (row.metrics.tokens === undefined) plain.push([this.#key("tokens"), numberText(row.tokens)]);
    const runtime = numberText((row.time - startedAt) / 1000);
    plain.push([this.#reserved("_step"), numberText(row.step)]);
    plain.push([this.#reserved("_timestamp"), numberText(row.time / 1000)]);
    plain.push([this.#reserved("_runtime"), runtime]);

    this.#end = 0;
    for (const [key, text] of plain) this.#item(key.prefix, text);
    const shared = this.#end;
    for (const [, key, text] of special) this.#item(key.prefix, text);
    const history = this.#record(number + 1, kind.history, this.#end, stepMessage(row.step));

    this.#end = shared;
    for (const [name, key, text] of special) {
      for (const one of key.summary) this.#summaryItem(name, one, text);
    }
    this.#item(this.#nested(["_wandb", "runtime"]), String(Math.floor(Number(runtime))));
    return [this.#record(number, kind.summary, this.#end, noBytes), history];
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) {
      const shown = reserved.has(name) ? `metric/${name}` : name;
      key = { prefix: prefixOf([shown]), summary: this.#encoding.summaryOf(name) };
      this.#keys.set(name, key);
    }
    return key;
  }

  #reserved(name: string): Key {
    return { prefix: this.#nested([name]), summary: [] };
  }

  readonly #prefixes: Map<string, Buffer> = new Map();

  #nested(path: readonly string[]): Buffer {
    const id = path.length === 1 ? path[0]! : path.join("\u0000");
    let prefix = this.#prefixes.get(id);
    if (prefix === undefined) {
      prefix = prefixOf(path);
      this.#prefixes.set(id, prefix);
    }
    return prefix;
  }

  #summaryItem(name: string, one: SummaryKind, last: string): void {
    const extremes = this.#encoding.extremes.get(name);
    const text = one === "last" || extremes === undefined ? last : numberText(extremes[one]);
    this.#item(this.#nested([name, one]), text);
  }

  /** Adds `0a <length> <prefix> <text length> <text>`; the text is ASCII. */
  #item(prefix: Buffer, text: string): void {
    const size = prefix.length + varintSize(text.length) + text.length;
    this.#reserve(size + 6);
    const items = this.#items;
    let at = this.#end;
    items[at++] = 0x0a;
    at = putVarint(items, at, size);
    for (let i = 0; i < prefix.length; i++) items[at++] = prefix[i]!;
    at = putVarint(items, at, text.length);
    if (text.length > 64) at += items.write(text, at, "latin1");
    else for (let i = 0; i < text.length; i++) items[at++] = text.charCodeAt(i);
    this.#end = at;
  }

  /** A Record with `number`, and in `field` the items up to `end` followed by `tail`. */
  #record(number: number, field: number, end: number, tail: Uint8Array): Buffer {
    const size = end + tail.length;
    const payload = Buffer.allocUnsafe(size + 24);
    payload[0] = 0x08;
    let at = putVarint(payload, 1, number);
    payload[at++] = field * 8 + 2;
    at = putVarint(payload, at, size);
    this.#items.copy(payload, at, 0, end);
    payload.set(tail, at + end);
    return payload.subarray(0, at + size);
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#items.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#items.length * 2, this.#end + more));
    this.#items.copy(grown, 0, 0, this.#end);
    this.#items = grown;
  }
}

const noBytes = new Uint8Array(0);

/** Takes a value into a metric's extremes; NaN has no place among them. */
export function widen(extremes: Map<string, Extremes>, name: string, value: number): void {
  const known = extremes.get(name);
  if (known === undefined) {
    if (!Number.isNaN(value)) extremes.set(name, { min: value, max: value });
    return;
  }
  if (value < known.min) known.min = value;
  if (value > known.max) known.max = value;
}

function prefixOf(path: readonly string[]): Buffer {
  const parts = path.map((key) => {
    const bytes = Buffer.from(key, "utf8");
    const head = Buffer.alloc(1 + varintSize(bytes.length));
    head[0] = 0x12;
    putVarint(head, 1, bytes.length);
    return Buffer.concat([head, bytes]);
  });
  return Buffer.concat([...parts, Buffer.from([0x82, 0x01])]);
}

/** HistoryRecord.step: `12 <length> 08 <step>`. */
function stepMessage(step: number): Uint8Array {
  if (step <= 0) return Uint8Array.of(0x12, 0x00);
  const bytes = new Uint8Array(3 + varintSize(step));
  bytes[0] = 0x12;
  bytes[1] = 1 + varintSize(step);
  bytes[2] = 0x08;
  putVarint(bytes, 3, step);
  return bytes;
}
