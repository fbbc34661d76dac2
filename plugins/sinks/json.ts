/** Writes the run directory: rows.jsonl, events.jsonl, arrays/, charts.json, system.jsonl and console.jsonl. docs/run-format.md describes it. */
import { z } from "zod";
import { defineSink, type Sink } from "../../core/contract/sink.ts";
import { reasonOf } from "../../core/errors/errors.ts";
import { type HealthWriter, openHealth } from "../../core/record/health.ts";
import { openRecord, type RecordWriter } from "../../core/record/writer.ts";

export const json: Sink = defineSink({
  name: "json",
  summary:
    "Writes rows, events and arrays into the run directory, one JSON object a line; what it wrote survives SIGKILL.",
  options: z.strictObject({}),
  setup(_, host) {
    let record: RecordWriter | undefined;
    let health: HealthWriter | undefined;
    return {
      open(run) {
        record = openRecord(run.dir);
        record.writeCharts(run.charts);
        health = openHealth(run.dir);
      },
      write(rows) {
        record?.writeRows(rows);
        try {
          for (const row of rows) health?.sample(row);
        } catch (thrown) {
          health = undefined;
          host.warn(`system.jsonl: ${reasonOf(thrown)} Continuing without system metrics and the console log.`);
        }
      },
      event: (events) => record?.writeEvents(events),
      output: (output) => health?.output(output),
      close() {
        record?.close();
        record = undefined;
      },
    };
  },
});
