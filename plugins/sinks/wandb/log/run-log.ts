import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import type { Row } from "../../../../core/contract/sink.ts";
import type { Message } from "../../../../core/wire/protobuf.ts";
import type { Artifact } from "./artifact.ts";
import { artifactRecord } from "./artifact-record.ts";
import {
  configRecord,
  environmentRecord,
  exitRecord,
  filesRecord,
  kind,
  type MetricDefinition,
  metricRecord,
  outputRecord,
  type RunIdentity,
  record,
  runRecord,
  type SummaryKind,
  statsRecord,
  summaryRecord,
} from "./records.ts";
import { nothingRecovered, type Recovered, recover, superseded } from "./recovery.ts";
import { RowEncoder } from "./row-encoder.ts";
import { LogWriter } from "./writer.ts";

/** How rows become records. */
export interface RunLogOptions {
  /** ms since 1970. */
  readonly startedAt: number;
  readonly bins: number;
  /** The metric that charts have on their x axis; undefined leaves W&B's `_step`. */
  readonly axis: string | undefined;
  /** Whether an array holds token ids; it is left out. */
  holdsIds(key: string): boolean;
  summaryOf(key: string): readonly SummaryKind[];
}

/** What a run is begun with. */
export interface RunLogStart {
  readonly run: RunIdentity;
  readonly config: Readonly<Record<string, unknown>>;
  readonly version: string;
  readonly cpus: number;
}

/** Characters of a console line. */
const longestLine = 10_000;

/** A run's transaction log, open for writing: every call returns with its records in the file. */
export class RunLog {
  readonly path: string;
  /** The run, as its log was begun or gone on with. */
  readonly run: RunIdentity;
  /** Set where the log of the earlier process could not be read to its end. */
  readonly damage: string | undefined;
  readonly #options: RunLogOptions;
  readonly #defined: Set<string>;
  #log: LogWriter;
  #encoder: RowEncoder;
  #number: number;
  #rows: number;
  #lastStep: number;
  #fresh: string[] = [];

  private constructor(log: LogWriter, run: RunIdentity, options: RunLogOptions, known: Recovered) {
    this.path = log.path;
    this.run = run;
    this.damage = known.damage;
    this.#log = log;
    this.#options = options;
    this.#defined = known.defined;
    this.#number = known.records;
    this.#rows = known.lines.history;
    this.#lastStep = known.lastStep;
    this.#encoder = this.#newEncoder(known);
  }

  /** Begins a log. */
  static create(path: string, start: RunLogStart, options: RunLogOptions): RunLog {
    const runLog = new RunLog(LogWriter.create(path), start.run, options, nothingRecovered());
    const { run, config, version, cpus } = start;
    const writer = randomBytes(16).toString("hex");
    // Together: an upload needs both before it begins.
    runLog.#log.append(
      record(1, kind.run, runRecord(run, config, version)),
      record(2, kind.environment, environmentRecord(run.host, run.startedAt, cpus, writer)),
    );
    runLog.#number = 2;
    if (options.axis !== undefined) runLog.define({ name: options.axis, summary: [] });
    return runLog;
  }

  /**
   * Goes on with the log of an earlier process: a torn tail and an exit record are cut off, and rows after `step`, which the
   * resumed run computes again, are taken out. A log without even its first record is begun anew.
   */
  static resume(path: string, step: number, start: RunLogStart, options: RunLogOptions): RunLog {
    const known = recover(path, step, options.summaryOf);
    if (known.hasRun) return new RunLog(LogWriter.continue(path, known.size), start.run, options, known);
    rmSync(path);
    return RunLog.create(path, start, options);
  }

  /** Rows in the log. */
  get rows(): number {
    return this.#rows;
  }

  /** Histograms that were left out because their row would have been too long for W&B. */
  get omittedHistograms(): number {
    return this.#encoder.omittedHistograms;
  }

  /** The first array that was left out because it holds token ids. */
  get omittedIds(): string | undefined {
    return this.#encoder.omittedIds;
  }

  /** The step of the last row; -1 before the first. */
  get lastStep(): number {
    return this.#lastStep;
  }

  /** Appends a row. One that repeats an earlier step takes the place of that step and of all later ones. */
  row(row: Row): void {
    if (row.step <= this.#lastStep) this.#supersede(row.step - 1);
    this.#fresh = [];
    let records = this.#encoder.encode(row, this.#number + 1);
    if (this.#fresh.length > 0) {
      for (const name of this.#fresh) this.define(this.#definition(name));
      records = this.#encoder.encode(row, this.#number + 1);
    }
    this.#log.append(...records);
    this.#number += 2;
    this.#rows += 1;
    this.#lastStep = row.step;
  }

  define(metric: MetricDefinition): void {
    if (this.#defined.has(metric.name)) return;
    this.#put(kind.metric, metricRecord(metric));
    this.#defined.add(metric.name);
  }

  stats(time: number, values: Readonly<Record<string, number>>): void {
    this.#put(kind.stats, statsRecord(time, values));
  }

  /** One record for each line of `text`; what is longer than any terminal's lines is cut. */
  output(stream: "stdout" | "stderr", time: number, text: string): void {
    const lines = text.replace(/\n$/, "").split("\n");
    for (const line of lines) this.#put(kind.output, outputRecord(stream, time, line.slice(0, longestLine)));
  }

  /** Changes the config; `value` is JSON text. */
  config(path: readonly string[], value: string): void {
    this.#put(kind.config, configRecord(path, value));
  }

  /** Puts a value in the summary that stands for a file under `files/`. */
  media(key: string, value: Readonly<Record<string, unknown>> & { readonly path: string }): void {
    this.#put(kind.summary, summaryRecord([[[key], JSON.stringify(value)]]));
    this.files([value.path], "media");
  }

  /** Names files that stand under `files/`. */
  files(paths: readonly string[], type: "other" | "media"): void {
    if (paths.length > 0) this.#put(kind.files, filesRecord(paths, type));
  }

  /** A version of an artifact of the run. */
  artifact(artifact: Artifact): void {
    this.#put(kind.artifact, artifactRecord(artifact, this.run));
  }

  /** How the process ended; the last record. */
  exit(code: number, time: number): void {
    this.#put(kind.exit, exitRecord(code, Math.max(0, Math.floor((time - this.#options.startedAt) / 1000))));
    this.#log.flush();
  }

  close(): void {
    this.#log.close();
  }

  #put(field: number, message: Message): void {
    this.#log.append(record(this.#number + 1, field, message));
    this.#number += 1;
  }

  #supersede(step: number): void {
    this.#log.close();
    const known = superseded(this.path, step, this.#options.summaryOf);
    this.#log = LogWriter.continue(this.path, known.size);
    this.#number = known.records;
    this.#rows = known.lines.history;
    this.#lastStep = known.lastStep;
    this.#encoder = this.#newEncoder(known);
  }

  #newEncoder({ extremes }: Recovered): RowEncoder {
    const { startedAt, bins, holdsIds, summaryOf } = this.#options;
    const asked = (key: string) => {
      if (!this.#defined.has(key)) this.#fresh.push(key);
      return summaryOf(key);
    };
    return new RowEncoder({ startedAt, bins, holdsIds, extremes, summaryOf: asked });
  }

  #definition(name: string): MetricDefinition {
    const { axis } = this.#options;
    const summary = this.#options.summaryOf(name);
    return name === axis || axis === undefined ? { name, summary } : { name, summary, axis };
  }
}
