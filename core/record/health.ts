/** How a run fares beside its numbers: system.jsonl (what its process takes of the machine) and console.jsonl (what it printed). */
import { join } from "node:path";
import type { Output, Row } from "../contract/sink.ts";
import { boundedLog, lastLines, newerHalf, thinned } from "./bounded-log.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { files } from "./format.ts";
import { rowLine } from "./lines.ts";
import { createSystemMonitor, type SystemMonitor } from "./system-monitor.ts";

/** ms between samples. */
const sampleEvery = 10_000;
/** Bytes; half of it is kept when it is reached. */
const largestSystem = 1 << 20;
const largestConsole = 2 << 20;
/** Characters of a line of the console. */
const longestLine = 4096;
/** Bytes of the console's end that a reader gets. */
const shownConsole = 256 << 10;

/** Writes both files. Every call may throw `run.io`. */
export interface HealthWriter {
  /** Takes a sample where one is due, filed under the row's step. */
  sample(row: Row): void;
  output(output: Output): void;
}

export function openHealth(dir: string, disk: Disk = nodeDisk): HealthWriter {
  const system = boundedLog(join(dir, files.system), largestSystem, thinned, disk);
  const printed = boundedLog(join(dir, files.console), largestConsole, newerHalf, disk);
  let monitor: SystemMonitor | undefined;
  return {
    sample(row) {
      monitor ??= createSystemMonitor(row.time, sampleEvery);
      const values = monitor.sample(row.time);
      if (values === undefined) return;
      const metrics = Object.fromEntries(
        Object.entries(values).map(([name, value]) => [`system/${name}`, Number(value.toPrecision(5))]),
      );
      system.append(rowLine({ ...row, metrics }));
    },
    output({ stream, time, text }) {
      printed.append(`${JSON.stringify({ time, stream, text: text.slice(0, longestLine) })}\n`);
    },
  };
}

/** The newest lines that a run printed, oldest first; none where it is not on record. Lines that are not understood are left out. */
export function readConsole(dir: string): Output[] {
  return lastLines(join(dir, files.console), shownConsole).flatMap(outputIn);
}

function outputIn(line: string): Output[] {
  try {
    const { time, stream, text } = JSON.parse(line) as Output;
    const known = (stream === "stdout" || stream === "stderr") && typeof time === "number" && typeof text === "string";
    return known ? [{ time, stream, text }] : [];
  } catch {
    return [];
  }
}
