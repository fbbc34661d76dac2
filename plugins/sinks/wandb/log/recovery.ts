import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { reasonOf } from "../../../../core/errors/errors.ts";
import { type Decoded, decode, type Item } from "./decode.ts";
import { rewindProgress } from "./progress.ts";
import { LogReader } from "./reader.ts";
import { kind, record, type SummaryKind, summaryRecord } from "./records.ts";
import { type Extremes, widen } from "./row-encoder.ts";
import { LogWriter } from "./writer.ts";

/** What a log says about itself to the process that goes on with it. */
export interface Recovered {
  /** Bytes up to the end of the last whole record. */
  size: number;
  records: number;
  /** Lines that an upload makes of it. */
  readonly lines: { history: number; events: number; output: number };
  hasRun: boolean;
  lastStep: number;
  /** Metrics that have their definition. */
  readonly defined: Set<string>;
  readonly extremes: Map<string, Extremes>;
  /** Why it could not be read to its end; the whole file is then kept beside it as `.damaged`. */
  damage?: string;
}

type SummaryOf = (key: string) => readonly SummaryKind[];

/** What is known of a log that is yet to be written. */
export function nothingRecovered(): Recovered {
  const lines = { history: 0, events: 0, output: 0 };
  return { size: 0, records: 0, lines, hasRun: false, lastStep: -1, defined: new Set(), extremes: new Map() };
}

/** Reads a log to its end and makes it fit to go on with: no torn tail, no exit, no row after `step`. */
export function recover(path: string, step: number, summaryOf: SummaryOf): Recovered {
  const known = nothingRecovered();
  let rewrite = false;
  const reader = new LogReader(path);
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const one = decode(next.payload);
      rewrite ||= one.type === "exit" || (one.type === "history" && one.step > step);
      fold(known, one, summaryOf);
      known.size = next.end;
    }
  } catch (thrown) {
    known.damage = reasonOf(thrown);
    rmSync(`${path}.damaged`, { recursive: true, force: true }); // a link of that name would be written through
    copyFileSync(path, `${path}.damaged`, constants.COPYFILE_EXCL);
  } finally {
    reader.close();
  }
  truncateSync(path, known.size);
  rewindProgress(path, known.lines, statSync(path).ino);
  if (!rewrite) return known;
  const kept = superseded(path, step, summaryOf);
  return known.damage === undefined ? kept : { ...kept, damage: known.damage };
}

/**
 * Writes the log anew without rows after `step` and without its exit, beside the old one, which it then replaces at once.
 * Console lines and system metrics stay: they happened. The summary is made from the rows that are left, and of charts, which
 * stay until the process that goes on draws them anew.
 */
export function superseded(path: string, step: number, summaryOf: SummaryOf): Recovered {
  const known = nothingRecovered();
  const aside = `${path}.rewrite`;
  rmSync(aside, { force: true });
  const log = LogWriter.create(aside);
  const reader = new LogReader(path);
  const last = new Map<string, Item>();
  const media = new Map<string, string>();
  try {
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const one = decode(next.payload);
      if (one.type === "summary")
        for (const { path, text } of one.update) if (isMedia(text)) media.set(path[0] ?? "", text);
      if (one.type === "exit" || one.type === "summary" || (one.type === "history" && one.step > step)) continue;
      fold(known, one, summaryOf);
      if (one.type === "history") for (const item of one.items) last.set(item.path.join("\u0000"), item);
      log.append(next.payload);
    }
    known.records += 1;
    const charts = [...media].map(([key, text]) => [[key], text] as const);
    const items = [...summaryItems(known, last, summaryOf), ...charts];
    log.append(record(known.records, kind.summary, summaryRecord(items)));
    log.flush();
    known.size = log.size;
  } finally {
    reader.close();
    log.close();
  }
  rewindProgress(path, known.lines, statSync(aside).ino);
  renameSync(aside, path);
  flushFolder(path);
  return known;
}

/** Values that stand for files are no row's. */
function isMedia(text: string): boolean {
  return /^\{"_type":"(table|image)-file"/.test(text);
}

function fold(known: Recovered, one: Decoded, summaryOf: SummaryOf): void {
  known.records += 1;
  if (one.type === "run") known.hasRun = true;
  else if (one.type === "metric") known.defined.add(one.metric.name.replaceAll("\\.", "."));
  else if (one.type === "stats") known.lines.events += 1;
  else if (one.type === "output") known.lines.output += 1;
  if (one.type !== "history") return;
  known.lines.history += 1;
  known.lastStep = one.step;
  for (const { path, text } of one.items) {
    const key = path[0] ?? "";
    if (summaryOf(key).length > 0) widen(known.extremes, key, Number(text));
  }
}

function summaryItems(known: Recovered, last: ReadonlyMap<string, Item>, summaryOf: SummaryOf) {
  const items: [string[], string][] = [];
  for (const { path, text } of last.values()) {
    const key = path[0] ?? "";
    const kinds = summaryOf(key);
    const extremes = known.extremes.get(key);
    if (kinds.length === 0) items.push([[...path], text]);
    for (const one of kinds) {
      items.push([[key, one], one === "last" || extremes === undefined ? text : String(extremes[one])]);
    }
  }
  return items;
}

/** Makes a rename last through a loss of power, where the platform lets a folder be flushed. */
function flushFolder(path: string): void {
  try {
    const folder = openSync(path.replace(/[^/\\]*$/, "."), "r");
    fsyncSync(folder);
    closeSync(folder);
  } catch {
    // Windows cannot.
  }
}
