/** Writes a run's record: rows, events, arrays and charts. What a call has written is safe from SIGKILL when it returns. */
import { join } from "node:path";
import type { DeclaredChart } from "../contract/chart.ts";
import type { Row, RunEvent } from "../contract/sink.ts";
import { ExperimentError } from "../errors/errors.ts";
import { openArraysWriter } from "./arrays.ts";
import { type Disk, nodeDisk, replaceFile } from "./disk.ts";
import { files } from "./format.ts";
import { type Journal, openJournal } from "./journal.ts";
import { eventLine, rowLine } from "./lines.ts";

/** The one writer of a run directory, whose lock the caller holds. Every call may throw `run.io`. */
export interface RecordWriter {
  /** Arrays first, so that a row on record has its arrays; then all rows in one write, all of them or none. */
  writeRows(rows: readonly Row[]): void;
  writeEvents(events: readonly RunEvent[]): void;
  writeCharts(charts: readonly DeclaredChart[]): void;
  /** Forces everything to the disk. */
  close(): void;
}

/** Opens the record of a run directory, new or old; lines that a crash tore are cut off. */
export function openRecord(dir: string, disk: Disk = nodeDisk): RecordWriter {
  const rows = openJournal(join(dir, files.rows), disk);
  let events: Journal;
  try {
    events = openJournal(join(dir, files.events), disk);
  } catch (thrown) {
    rows.close();
    throw thrown;
  }
  const arrayFiles = openArraysWriter(dir, disk);
  let first = true;
  let written = 0;
  return {
    writeRows(batch) {
      if (batch.length === 0) return;
      const failed: unknown[] = [];
      try {
        if (first) arrayFiles.removeFrom(batch[0]!.step);
        first = false;
        for (const { step, arrays } of batch) {
          if (Object.keys(arrays).length > 0) arrayFiles.write(step, arrays);
        }
      } catch (thrown) {
        failed.push(thrown); // the numbers are still worth writing
      }
      try {
        rows.append(batch.map(rowLine).join(""));
      } catch (thrown) {
        if (!isRemoval(thrown)) throw losing(thrown, batch.length);
        const lost = written;
        written = batch.length;
        throw losing(thrown, lost);
      }
      written += batch.length;
      if (failed.length > 0) throw losing(failed[0], 0);
    },
    writeEvents(batch) {
      if (batch.length > 0) events.append(batch.map(eventLine).join(""));
    },
    writeCharts(charts) {
      replaceFile(join(dir, files.charts), `${JSON.stringify(charts, null, 2)}\n`, disk);
    },
    close() {
      try {
        rows.close();
      } catch (thrown) {
        throw losing(thrown, isRemoval(thrown) ? written : 0);
      } finally {
        events.close();
      }
    },
  };
}

function isRemoval(thrown: unknown): boolean {
  return thrown instanceof ExperimentError && thrown.code === "run.removed";
}

/** The same error, with the number of rows that it cost; see `SinkInstance.write`. */
function losing(thrown: unknown, lostRows: number): unknown {
  return thrown instanceof Error ? Object.assign(thrown, { lostRows }) : thrown;
}
