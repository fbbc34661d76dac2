import { reasonOf } from "../../../core/errors.ts";
import { decode, type Item } from "./decode.ts";
import { JsonTree } from "./json-text.ts";
import { LogReader } from "./log-reader.ts";
import type { LineCounts } from "./progress.ts";
import type { MetricDefinition, RunIdentity } from "./records.ts";

/** Lines to be sent: `content` starts at line `offset` of its file. */
export interface Lines {
  readonly offset: number;
  readonly content: readonly string[];
}

export interface Batch {
  readonly history: Lines;
  readonly events: Lines;
  readonly output: Lines;
  /** Whether the log held more when this batch was full. */
  readonly more: boolean;
}

/** Turns a transaction log, also one that grows, into what W&B's server is sent: lines of files, config, summary. */
export class Follower {
  readonly #reader: LogReader;
  readonly #config: JsonTree = new JsonTree();
  readonly #own: JsonTree = new JsonTree();
  readonly #summary: JsonTree = new JsonTree();
  readonly #metrics: Map<string, MetricDefinition> = new Map();
  readonly #files: Set<string> = new Set();
  readonly #lines: { history: number; events: number; output: number } = { history: 0, events: 0, output: 0 };
  #run: RunIdentity | undefined;
  #exit: { code: number } | undefined;
  #damage: string | undefined;
  #lastStep = 0;
  #configChanges = 0;

  constructor(path: string) {
    this.#reader = new LogReader(path);
  }

  /** Known after the first batch, if the log has a run at all. */
  get run(): RunIdentity | undefined {
    return this.#run;
  }
  /** Present once the process wrote its end. */
  get exit(): { readonly code: number } | undefined {
    return this.#exit;
  }
  /** Grows whenever `configText` changes. */
  get configChanges(): number {
    return this.#configChanges;
  }
  /** Tells the file that is read from one that took its place: rows were superseded there. */
  get generation(): number {
    return this.#reader.generation;
  }
  /** Why the log cannot be read past what was read. */
  get damage(): string | undefined {
    return this.#damage;
  }
  get lines(): LineCounts {
    return this.#lines;
  }
  get lastStep(): number {
    return this.#lastStep;
  }
  get files(): readonly string[] {
    return [...this.#files];
  }
  get summaryText(): string {
    return this.#summary.text();
  }

  /** `{"lr":{"value":0.1},…,"_wandb":{"value":{…}}}`: without the wrapping W&B cannot resume the run. */
  get configText(): string {
    const fields = this.#config.keys().map((key) => {
      const child = this.#config.get(key);
      return `${JSON.stringify(key)}:{"value":${child instanceof JsonTree ? child.text() : child}}`;
    });
    this.#own.set(["m"], this.#metricsText());
    return `{${[...fields, `"_wandb":{"value":${this.#own.text()}}`].join(",")}}`;
  }

  /** Reads on until about `limit` characters of lines beyond `acknowledged` are together, or the log ends. */
  read(acknowledged: LineCounts, limit: number): Batch {
    const at = this.#lines;
    const from = {
      history: Math.max(acknowledged.history, at.history),
      events: Math.max(acknowledged.events, at.events),
      output: Math.max(acknowledged.output, at.output),
    };
    const content = { history: [] as string[], events: [] as string[], output: [] as string[] };
    let size = 0;
    const line = (file: keyof LineCounts, text: () => string): void => {
      if (at[file]++ < from[file]) return;
      const made = text();
      content[file].push(made);
      size += made.length;
    };
    for (;;) {
      if (size >= limit) break;
      const next = this.#next();
      if (next === undefined) break;
      this.#take(next, line);
    }
    const batch = (file: keyof LineCounts): Lines => ({ offset: from[file], content: content[file] });
    return { history: batch("history"), events: batch("events"), output: batch("output"), more: size >= limit };
  }

  close(): void {
    this.#reader.close();
  }

  /** The next payload; damage ends the log for good, and what stands before it counts. */
  #next(): Buffer | undefined {
    if (this.#damage !== undefined) return undefined;
    try {
      return this.#reader.next()?.payload;
    } catch (thrown) {
      this.#damage = reasonOf(thrown);
      return undefined;
    }
  }

  #take(payload: Buffer, line: (file: keyof LineCounts, text: () => string) => void): void {
    const one = decode(payload);
    switch (one.type) {
      case "run":
        this.#run = one.run;
        for (const { path, text } of one.config) this.#config.set(path, text);
        this.#own.set(["cli_version"], JSON.stringify(one.version));
        // Telemetry by field number: a run without it cannot be resumed by W&B's own client.
        this.#own.set(["t"], `{"3":[7],"5":${JSON.stringify(one.version)}}`);
        this.#configChanges += 1;
        break;
      case "config":
        for (const { path, text } of one.update) this.#changeConfig(path, text);
        for (const { path } of one.remove) this.#config.remove(path);
        this.#configChanges += 1;
        break;
      case "metric":
        this.#metrics.set(one.metric.name, one.metric);
        this.#configChanges += 1;
        break;
      case "summary":
        for (const { path, text } of one.update) this.#summary.set(path, text);
        for (const { path } of one.remove) this.#summary.remove(path);
        break;
      case "history":
        this.#lastStep = one.step;
        line("history", () => rowText(one.items));
        for (const { path, text } of one.items) if (path[0]?.startsWith("_")) this.#summary.set(path, text);
        break;
      case "stats":
        line("events", () => this.#eventText(one.time, one.items));
        break;
      case "output":
        line("output", () => consoleText(one.stream, one.time, one.line));
        break;
      case "files":
        for (const path of one.paths) this.#files.add(path);
        break;
      case "exit":
        this.#exit = { code: one.code };
        break;
      case "other":
        break;
      default:
        one satisfies never;
    }
  }

  #changeConfig(path: readonly string[], text: string): void {
    if (path[0] === "_wandb") this.#own.set(path.slice(1), text);
    else this.#config.set(path, text);
  }

  #eventText(time: number, items: readonly Item[]): string {
    const runtime = (time - (this.#run?.startedAt ?? time)) / 1000;
    const values = items.map(({ path, text }) => `${JSON.stringify(`system.${path.join(".")}`)}:${text}`);
    return `{${[`"_wandb":true,"_timestamp":${time / 1000},"_runtime":${runtime}`, ...values].join(",")}}`;
  }

  /** The list that W&B keeps of metric definitions: numbers are those of the protobuf fields. */
  #metricsText(): string {
    const all = [...this.#metrics.values()];
    const index = new Map(all.map(({ name }, i) => [name, i + 1]));
    const summaryField = { min: 1, max: 2, last: 5 } as const;
    const entries = all.map(({ name, axis, summary, hidden }) => {
      const on = axis === undefined ? undefined : index.get(axis);
      const options = [...(on === undefined ? [] : [1]), ...(hidden ? [2] : []), 3];
      return {
        "1": name,
        ...(on === undefined ? {} : { "5": on }),
        "6": options,
        "7": summary.map((s) => summaryField[s]),
      };
    });
    return JSON.stringify(entries);
  }
}

function rowText(items: readonly Item[]): string {
  if (items.every(({ path }) => path.length === 1)) {
    return `{${items.map(({ path, text }) => `${JSON.stringify(path[0])}:${text}`).join(",")}}`;
  }
  const tree = new JsonTree();
  for (const { path, text } of items) tree.set(path, text);
  return tree.text();
}

/** `[ERROR ]<UTC time with 6 decimals> text`; the prefix is how W&B tells stderr. */
function consoleText(stream: "stdout" | "stderr", time: number, text: string): string {
  const when = new Date(time).toISOString().replace("Z", "000");
  return `${stream === "stderr" ? "ERROR " : ""}${when} ${text}`;
}
