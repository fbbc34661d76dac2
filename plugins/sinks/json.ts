/** Writes the run directory: rows.jsonl, events.jsonl, arrays/ and charts.json. docs/run-format.md describes it. */
import { z } from "zod";
import { defineSink, type Sink } from "../../core/contract/sink.ts";
import { openRecord, type RecordWriter } from "../../core/record/writer.ts";

export const json: Sink = defineSink({
  name: "json",
  summary:
    "Writes rows, events and arrays into the run directory, one JSON object a line; what it wrote survives SIGKILL.",
  options: z.strictObject({}),
  setup() {
    let record: RecordWriter | undefined;
    return {
      open(run) {
        record = openRecord(run.dir);
        record.writeCharts(run.charts);
      },
      write: (rows) => record?.writeRows(rows),
      event: (events) => record?.writeEvents(events),
      close() {
        record?.close();
        record = undefined;
      },
    };
  },
});
