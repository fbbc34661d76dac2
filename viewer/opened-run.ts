/** A run that someone looks at: its store, kept up with the file, and its answers to what the page asks. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { files } from "../core/record/format.ts";
import type { Holes } from "../core/record/holes.ts";
import type { RunSeries } from "./api.ts";
import { blocksIn, decimate, type Window } from "./series/decimate.ts";
import { loadIndex, saveIndex } from "./series/disk-index.ts";
import { ingest, type Progress, rowsOfBlocks, sample } from "./series/ingest.ts";
import { Store } from "./series/store.ts";
import { SystemRows } from "./system-rows.ts";

/** Files up to this size are read at once; of longer ones a sample is shown first. */
const readAtOnce = 8 << 20;
const sampleRows = 400;
/** Rows that are read from the file itself when one zooms in beyond the index. */
const exactRows = 8192;

export interface OpenedRunOptions {
  /** Where indexes of long runs are kept. */
  readonly indexFolder: string;
  /** What precedes its first row. */
  readonly begin: Holes;
}

export class OpenedRun {
  readonly dir: string;
  /** ms since 1970 of the latest question, for who has to go first when memory is short. */
  usedAt = Date.now();
  private store = new Store();
  private readonly system: SystemRows;
  private progress: Progress;
  private preview: Store | undefined;
  private reading: Promise<void> | undefined;
  private opened: Promise<void> | undefined;
  private inode = 0;
  private readonly stop = new AbortController();
  private readonly options: OpenedRunOptions;

  constructor(dir: string, options: OpenedRunOptions) {
    this.dir = dir;
    this.system = new SystemRows(dir);
    this.options = options;
    this.progress = this.nothing();
  }

  get bytes(): number {
    return this.store.bytes + this.system.store.bytes + (this.preview?.bytes ?? 0);
  }

  /** Whether it is reading now. */
  get reads(): boolean {
    return this.reading !== undefined;
  }

  get rows(): number {
    return this.shown.rows;
  }

  get garbage(): number {
    return this.progress.garbage;
  }

  /** Rows that are missing among those that have been read; the whole file has been once `read` is 1. */
  get holes(): Holes {
    return this.progress.holes;
  }

  /** Whether there are more metrics than are kept. */
  get crowded(): boolean {
    return this.shown.crowded;
  }

  /** Keys on record, in order of appearance. */
  get keys(): string[] {
    return [
      ...this.shown.columns.keys(),
      ...[...this.shown.nonFinite.keys()].filter((k) => !this.shown.columns.has(k)),
      ...[...this.system.store.columns.keys()].filter((k) => !this.shown.columns.has(k)),
    ];
  }

  /** Share of the file that has been read. */
  get read(): number {
    return this.preview ? this.progress.offset / Math.max(1, this.progress.size) : 1;
  }

  /** Reads what is new. Resolves as soon as there is something to show: of a long file, a sample. */
  async refresh(): Promise<void> {
    this.usedAt = Date.now();
    this.system.refresh();
    const { ino, size } = statSync(join(this.dir, files.rows), { throwIfNoEntry: false }) ?? { ino: 0, size: 0 };
    if (ino !== this.inode || size < this.progress.offset) this.forget(ino);
    this.opened ??= this.open(size);
    await this.opened;
    const reading = this.readOn();
    if (!this.preview) await reading;
  }

  /** Resolves when the whole file has been read, however long it is. */
  async whole(): Promise<void> {
    await this.refresh();
    while (this.preview && !this.stop.signal.aborted) await this.readOn();
  }

  /** The named metrics over a window. */
  async series(keys: readonly string[], window: Window): Promise<RunSeries> {
    const shown = this.storeOf(keys);
    let from = shown;
    const { begin, end } = blocksIn(shown, window);
    if (
      shown === this.store &&
      shown.block > 1 &&
      (end - begin) * shown.block <= Math.max(exactRows, window.points * 2)
    )
      from = await rowsOfBlocks(this.dir, shown, begin, end);
    const wanted = new Set(keys);
    const mine = <T>(map: ReadonlyMap<string, T>) => [...map].filter(([key]) => wanted.has(key));
    return {
      ...decimate(from, keys, window),
      latest: Object.fromEntries(mine(shown.latest).filter(([, { value }]) => Number.isFinite(value))),
      nonFinite: Object.fromEntries(
        mine(shown.nonFinite).map(([key, list]) => [key, list.map((one) => ({ ...one, value: String(one.value) }))]),
      ),
      read: this.read,
    };
  }

  /** Stops reading; nothing may be asked afterwards. Resolves when the files are closed. */
  async close(): Promise<void> {
    this.stop.abort();
    await this.reading?.catch(() => {});
  }

  /** Where these metrics are: among the rows, or beside them. */
  storeOf(keys: readonly string[]): Store {
    const { columns } = this.system.store;
    const beside = keys.length > 0 && keys.every((key) => columns.has(key) && !this.shown.columns.has(key));
    return beside ? this.system.store : this.shown;
  }

  /** What is there to show: a sample while a long file is indexed. */
  get shown(): Store {
    return this.preview ?? this.store;
  }

  private async open(size: number): Promise<void> {
    if (size <= readAtOnce) return;
    const saved = await loadIndex(this.dir, this.options.indexFolder);
    if (saved) {
      this.store = saved.store;
      this.progress = saved.progress;
    }
    if (size - this.progress.offset > readAtOnce) {
      this.progress.size = size;
      this.preview = await sample(this.dir, sampleRows);
    }
  }

  private readOn(): Promise<void> {
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readAll(): Promise<void> {
    const before = this.progress.offset;
    await ingest(this.dir, this.store, this.progress, this.stop.signal);
    if (this.stop.signal.aborted) return;
    this.preview = undefined;
    if (this.progress.offset - before > readAtOnce)
      await saveIndex(this.dir, this.store, this.progress, this.options.indexFolder);
  }

  private forget(inode: number): void {
    this.inode = inode;
    this.store = new Store();
    this.progress = this.nothing();
    this.preview = undefined;
    this.opened = undefined;
  }

  private nothing(): Progress {
    return { offset: 0, size: 0, garbage: 0, holes: { ...this.options.begin, holes: [] } };
  }
}
