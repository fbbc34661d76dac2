/** Rows and events as lines of JSON, each with its own sum, and back. */
import { crc32 } from "node:zlib";
import type { Row, RunEvent } from "../contract/sink.ts";
import type { StoredRow } from "./format.ts";

/** One line of rows.jsonl. NaN and the infinities, which JSON lacks, become the strings of the same spelling. */
export function rowLine({ seq, step, tokens, time, metrics }: Omit<Row, "arrays">): string {
  const values = Object.entries(metrics).map(([key, value]) => `${JSON.stringify(key)}:${numeral(value)}`);
  return summed(`{"seq":${seq},"step":${step},"tokens":${tokens},"time":${time},"metrics":{${values.join(",")}}}`);
}

/** One line of events.jsonl; numbers that JSON lacks become strings here too. */
export function eventLine({ source, kind, step, tokens, time, data }: RunEvent): string {
  const named = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return summed(JSON.stringify({ source, kind, step, tokens, time, data }, named));
}

/** A line of an object, with the CRC-32 of what stands before it as its last key: a number that a bad disk or copy changed is still a number. */
export function summed(object: string): string {
  const body = object.slice(0, -1);
  return `${body},"crc":"${crc32(body).toString(16).padStart(8, "0")}"}\n`;
}

const sumBegins = ',"crc":"';
const sumLength = sumBegins.length + 10;

/** The object of a line without its sum; undefined where the sum is not that of the line. Lines of others, and of before 0.2.0, have none. */
export function unsummed(line: string): string | undefined {
  const at = line.length - sumLength;
  if (at < 0 || !line.startsWith(sumBegins, at)) return line;
  const body = line.slice(0, at);
  return crc32(body) === Number.parseInt(line.slice(at + sumBegins.length, -2), 16) ? `${body}}` : undefined;
}

/** The shortest decimal that gives the same double back; minus zero stays minus zero. */
function numeral(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? "-0.0" : String(value);
}

const named: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, "-Infinity": -Infinity };

/** A line of rows.jsonl, or undefined when it is not one. */
export function parseRow(line: string): StoredRow | undefined {
  const row = parsed(line) as StoredRow | undefined;
  if (row === undefined || !isCount(row.seq) || !isMoment(row) || !isRecord(row.metrics)) return undefined;
  let strings = false;
  for (const key in row.metrics) {
    const value: unknown = row.metrics[key];
    if (typeof value === "number") continue;
    if (typeof value !== "string" || !Object.hasOwn(named, value)) return undefined;
    strings = true;
  }
  if (!strings) return row;
  const metrics = Object.entries(row.metrics).map(([key, value]) => [key, named[value] ?? value] as const);
  return { ...row, metrics: Object.fromEntries(metrics) };
}

/** A line of events.jsonl, or undefined when it is not one. */
export function parseEvent(line: string): RunEvent | undefined {
  const event = parsed(line) as RunEvent | undefined;
  const valid =
    event !== undefined &&
    isMoment(event) &&
    typeof event.source === "string" &&
    typeof event.kind === "string" &&
    isRecord(event.data);
  return valid ? event : undefined;
}

function parsed(line: string): object | undefined {
  try {
    const object = unsummed(line);
    if (object === undefined) return undefined;
    const value: unknown = JSON.parse(object);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMoment({ step, tokens, time }: { step: unknown; tokens: unknown; time: unknown }): boolean {
  return isCount(step) && isCount(tokens) && typeof time === "number";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
