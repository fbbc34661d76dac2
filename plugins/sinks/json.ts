/** Writes the run directory: rows.jsonl, events.jsonl, arrays/, charts.json, vocabulary.json, system.jsonl and console.jsonl. docs/run-format.md describes it. */
import { z } from "zod";
import { idKeys, type Run } from "../../core/contract/run.ts";
import { defineSink, type Row, type Sink, type SinkHost } from "../../core/contract/sink.ts";
import { reasonOf } from "../../core/errors/errors.ts";
import { type HealthWriter, openHealth } from "../../core/record/health.ts";
import { writeVocabulary } from "../../core/record/vocabulary.ts";
import { openRecord, type RecordWriter } from "../../core/record/writer.ts";

export const json: Sink = defineSink({
  name: "json",
  summary:
    "Writes rows, events and arrays into the run directory, one JSON object a line; what it wrote survives SIGKILL.",
  options: z.strictObject({}),
  setup(_, host) {
    let record: RecordWriter | undefined;
    let health: HealthWriter | undefined;
    let vocabulary: ReturnType<typeof vocabularyWriter>;
    return {
      open(run) {
        vocabulary = vocabularyWriter(run, host);
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
        return vocabulary?.(rows);
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

/** Writes what token ids stand for once rows have any; undefined where nobody knows. */
function vocabularyWriter({ dir, metrics, vocabulary }: Run, { warn }: SinkHost) {
  if (vocabulary === undefined) return undefined;
  const holdsIds = idKeys(metrics);
  let written = false;
  const write = async () => {
    try {
      writeVocabulary(dir, await vocabulary());
    } catch (thrown) {
      warn(`vocabulary.json: ${reasonOf(thrown)} Continuing without the text of tokens.`);
    }
  };
  return (rows: readonly Row[]): Promise<void> | undefined => {
    if (written || !rows.some(({ arrays }) => Object.keys(arrays).some(holdsIds))) return undefined;
    written = true;
    return write();
  };
}
