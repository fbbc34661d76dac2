import { reasonOf } from "../../../../core/errors/errors.ts";
import type { Artifact } from "../log/artifact.ts";
import { decode, type Item } from "../log/decode.ts";
import { JsonTree } from "../log/json-text.ts";
import { consoleText, rowText, shifted, withInherited } from "../log/line-text.ts";
import type { LineCounts } from "../log/placement.ts";
import { front, type Mark, marksText, type Placement } from "../log/placement.ts";
import { LogReader } from "../log/reader.ts";
import type { MetricDefinition, RunIdentity } from "../log/records.ts";
import type { Batch, Lines } from "./batch.ts";

/** Members of config and summary, as JSON text, that stay where the log has none of the same name. */
export interface Inherited {
  readonly config: ReadonlyMap<string, string>;
  readonly summary: ReadonlyMap<string, string>;
}

/** Turns a transaction log, also one that grows, into what W&B's server is sent: lines of files, config, summary. */
export class Follower {
  readonly #reader: LogReader;
  readonly #config: JsonTree = new JsonTree();
  readonly #own: JsonTree = new JsonTree();
  readonly #summary: JsonTree = new JsonTree();
  readonly #metrics: Map<string, MetricDefinition> = new Map();
  readonly #files: Set<string> = new Set();
  readonly #artifacts: Artifact[] = [];
  readonly #lines: { history: number; events: number; output: number } = { history: 0, events: 0, output: 0 };
  #run: RunIdentity | undefined;
  #writer: string | undefined;
  #held: Buffer | undefined;
  #base: Placement = front;
  #inherited: Inherited = { config: new Map(), summary: new Map() };
  #exit: { code: number } | undefined;
  #damage: string | undefined;
  #lastStep = 0;
  #configChanges = 0;

  constructor(path: string) {
    this.#reader = new LogReader(path);
  }

  /** Known once the log has its first records: see `meet`. */
  get run(): RunIdentity | undefined {
    return this.#run;
  }
  /** What tells this log from every other one of its run. */
  get writer(): string {
    return this.#writer ?? String(this.#run?.startedAt);
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
  /** Bytes up to the end of the last record that was read. */
  get position(): number {
    return this.#reader.position;
  }
  /** Why the log cannot be read past what was read. */
  get damage(): string | undefined {
    return this.#damage;
  }
  get lines(): LineCounts {
    return this.#lines;
  }
  /** As the server has it. */
  get lastStep(): number {
    return this.#lastStep;
  }
  get files(): readonly string[] {
    return [...this.#files];
  }
  get artifacts(): readonly Artifact[] {
    return this.#artifacts;
  }
  get summaryText(): string {
    const own = new Set(this.#summary.keys());
    return withInherited(this.#summary.text(), this.#inherited.summary, own);
  }

  /** `{"lr":{"value":0.1},…,"_wandb":{"value":{…}}}`: without the wrapping W&B cannot resume the run. */
  get configText(): string {
    const wrapped = (key: string, text: string) => `${JSON.stringify(key)}:{"value":${text}}`;
    const own = this.#config.keys().map((key) => {
      const child = this.#config.get(key) ?? "null";
      return wrapped(key, typeof child === "string" ? child : child.text());
    });
    const before = [...this.#inherited.config].filter(([key]) => this.#config.get(key) === undefined);
    const fields = [...before.map(([key, text]) => wrapped(key, text)), ...own];
    this.#own.set(["m"], this.#metricsText());
    return `{${[...fields, `"_wandb":{"value":${this.#own.text()}}`].join(",")}}`;
  }

  /** Whether the log has its first records, which say what run it is of; reads them when it has. */
  meet(): boolean {
    if (this.#writer !== undefined) return true;
    const first = this.#run === undefined ? this.#next() : undefined;
    if (first !== undefined) this.#take(first, () => {});
    const second = this.#run === undefined ? undefined : this.#next();
    if (second === undefined) return false;
    const one = decode(second);
    this.#writer = (one.type === "environment" && one.writer) || String(this.#run?.startedAt);
    this.#held = second;
    return true;
  }

  /** The place of the log's lines on the server, and what of config and summary stands there before it. */
  place(base: Placement, marks: readonly Mark[], inherited: Inherited): void {
    this.#base = base;
    this.#inherited = inherited;
    this.#own.set(["reluscope"], marksText(marks));
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
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined || this.#damage !== undefined) return held;
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
      case "history": {
        this.#lastStep = one.step + this.#base.step;
        const items = shifted(one.items, this.#base.step);
        line("history", () => rowText(items));
        for (const { path, text } of items) if (path[0]?.startsWith("_")) this.#summary.set(path, text);
        break;
      }
      case "stats":
        line("events", () => this.#eventText(one.time, one.items));
        break;
      case "output":
        line("output", () => consoleText(one.stream, one.time, one.line));
        break;
      case "files":
        for (const path of one.paths) this.#files.add(path);
        break;
      case "artifact":
        this.#artifacts.push(one.artifact);
        break;
      case "environment":
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
