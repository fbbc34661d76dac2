/**
 * A run's numeric rows in columns: exact while the run is short, smallest and largest of every 2^k rows once it is long.
 * Blocks double when there are too many, so that memory is bounded whatever the length: 60 metrics need at most 31 MB, and any
 * number of them 80 MB.
 */
import { mostMetrics } from "../../core/record/bounds.ts";
import { type Axis, axes } from "./axes.ts";

export interface Sample {
  readonly seq: number;
  readonly step: number;
  readonly tokens: number;
  readonly time: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Smallest and largest value in each block; NaN where the block has none. One array serves both while blocks are rows. */
export interface Column {
  min: Float64Array;
  max: Float64Array;
}

/** A value that is not a number on a line, kept apart so that it can be shown. */
export interface NonFinite {
  readonly seq: number;
  readonly step: number;
  readonly value: number;
}

/** A metric's newest number and when it was taken. */
export interface Latest {
  readonly step: number;
  readonly tokens: number;
  readonly time: number;
  readonly value: number;
}

/** Rows from `seq` on lie one after another from byte `offset` of the file, up to the next segment. */
export interface Segment {
  readonly seq: number;
  readonly offset: number;
}

/** Non-finite values kept in all, and for each metric; a diverged run would fill memory with them. */
const nonFiniteKept = 100_000;
const nonFiniteOfOne = 1000;

/** Numbers held at most, in all columns together. */
const mostCells = 5_000_000;
const fewestBlocks = 256;

export class Store {
  /** Rows in one block, a power of two. */
  block = 1;
  /** Rows in all. */
  rows = 0;
  /** Whether values were left out because there are too many metrics. */
  crowded = false;
  /** The newest number of each metric. */
  readonly latest = new Map<string, Latest>();
  readonly columns = new Map<string, Column>();
  readonly nonFinite = new Map<string, NonFinite[]>();
  segments: Segment[] = [];
  seq: Column = column(0);
  /** Where each block's first row begins in the file. */
  offset: Float64Array = new Float64Array(0);
  readonly axis: Record<Axis, Column> = { step: column(0), tokens: column(0), time: column(0) };
  private capacity = 0;
  private readonly most: number;

  constructor(mostBlocks = 32768) {
    this.most = mostBlocks;
  }

  /** An empty frame of the given size, its columns to be filled in. */
  static restore(block: number, rows: number, keys: readonly string[]): Store {
    const store = new Store();
    store.block = block;
    while (store.capacity < Math.ceil(rows / block)) store.grow();
    for (const key of keys) store.columns.set(key, column(store.capacity, block === 1));
    store.rows = rows;
    return store;
  }

  get blocks(): number {
    return Math.ceil(this.rows / this.block);
  }

  get lastSeq(): number {
    return this.blocks === 0 ? -1 : this.seq.max[this.blocks - 1]!;
  }

  /** Bytes held, for the cache's budget. */
  get bytes(): number {
    const perColumn = this.capacity * 8 * (this.block === 1 ? 1 : 2);
    return (this.columns.size + 5) * perColumn + 1024;
  }

  /** Adds a row; its `seq` must be above `lastSeq` (see `truncate`). `offset` is where its line starts in the file. */
  append(row: Sample, offset: number): void {
    if (this.rows % this.block === 0) {
      while (this.blocks >= this.limit) this.double();
      if (this.rows % this.block === 0) this.open(row, offset);
    }
    this.rows++;
    let at = this.blocks - 1;
    this.seq.max[at] = row.seq;
    for (const axis of axes) this.axis[axis].max[at] = row[axis];
    for (const key in row.metrics) {
      let kept = this.columns.get(key);
      if (kept === undefined) {
        kept = this.add(key);
        if (kept === undefined) continue;
        at = this.blocks - 1; // it may have taken blocks together
      }
      this.put(kept, key, at, row, row.metrics[key]!);
    }
  }

  /**
   * Forgets all rows with `seq` and above. Where that cuts a block of many rows in two, the whole block is forgotten:
   * the answer is the seq that rows have to be given again from, `seq` itself when nothing is missing.
   */
  truncate(seq: number): number {
    let blocks = this.blocks;
    while (blocks > 0 && this.seq.min[blocks - 1]! >= seq) blocks--;
    let from = seq;
    if (blocks > 0 && this.seq.max[blocks - 1]! >= seq) {
      blocks--;
      from = this.seq.min[blocks]!;
    }
    const rows = blocks * this.block;
    if (rows < this.rows) {
      this.rows = rows;
      for (const kept of this.columns.values()) clear(kept, blocks);
      for (const [key, list] of this.nonFinite)
        this.nonFinite.set(
          key,
          list.filter((one) => one.seq < from),
        );
      for (const [key, { step }] of this.latest)
        if (step > (this.axis.step.max[blocks - 1] ?? -1)) this.latest.delete(key);
    }
    this.segments = this.segments.filter((segment) => segment.seq < seq);
    return from;
  }

  /** Blocks that there is room for. */
  private get limit(): number {
    let limit = this.most;
    while (limit > fewestBlocks && limit * (this.columns.size + 5) > mostCells) limit /= 2;
    return limit;
  }

  private open(row: Sample, offset: number): void {
    const at = this.blocks;
    if (at === this.capacity) this.grow();
    this.seq.min[at] = row.seq;
    this.offset[at] = offset;
    for (const axis of axes) this.axis[axis].min[at] = row[axis];
  }

  /** A column for a new metric, where there is room for one more. */
  private add(key: string): Column | undefined {
    if (this.columns.size >= mostMetrics) {
      this.crowded = true;
      return undefined;
    }
    const added = column(0, this.block === 1);
    this.columns.set(key, added);
    const { limit } = this;
    while (this.blocks > limit) this.double();
    if (this.capacity > limit) this.resizeAll(limit);
    resize(added, this.capacity);
    return added;
  }

  private put(kept: Column, key: string, at: number, row: Sample, value: number): void {
    this.latest.set(key, { step: row.step, tokens: row.tokens, time: row.time, value });
    if (!Number.isFinite(value)) {
      const list = this.nonFinite.get(key) ?? [];
      if (list.length < Math.min(nonFiniteOfOne, nonFiniteKept / this.columns.size))
        list.push({ seq: row.seq, step: row.step, value });
      this.nonFinite.set(key, list);
      return;
    }
    // NaN compares false, so an empty block takes the value.
    if (!(kept.min[at]! <= value)) kept.min[at] = value;
    if (!(kept.max[at]! >= value)) kept.max[at] = value;
  }

  private grow(): void {
    this.resizeAll(Math.min(this.most, Math.max(fewestBlocks, this.capacity * 2)));
  }

  private resizeAll(capacity: number): void {
    this.capacity = capacity;
    for (const one of [this.seq, this.axis.step, this.axis.tokens, this.axis.time, ...this.columns.values()])
      resize(one, capacity);
    this.offset = resized(this.offset, capacity);
  }

  /** Makes one block of every two; where their number is odd, the last one is half full. */
  private double(): void {
    const { blocks } = this;
    const half = Math.ceil(blocks / 2);
    for (const kept of this.columns.values()) {
      if (kept.min === kept.max) kept.max = kept.max.slice();
      for (let i = 0; i < half; i++) {
        const second = Math.min(2 * i + 1, blocks - 1);
        kept.min[i] = lesser(kept.min[2 * i]!, kept.min[second]!);
        kept.max[i] = greater(kept.max[2 * i]!, kept.max[second]!);
      }
      clear(kept, half);
    }
    for (const one of [this.seq, this.axis.step, this.axis.tokens, this.axis.time]) {
      for (let i = 0; i < half; i++) {
        one.min[i] = one.min[2 * i]!;
        one.max[i] = one.max[Math.min(2 * i + 1, blocks - 1)]!;
      }
    }
    for (let i = 0; i < half; i++) this.offset[i] = this.offset[2 * i]!;
    this.block *= 2;
  }
}

function column(length: number, shared = false): Column {
  const min = new Float64Array(length).fill(Number.NaN);
  return { min, max: shared ? min : min.slice() };
}

/** A copy of another length, filled up with NaN. */
function resized(array: Float64Array, length: number): Float64Array {
  const other = new Float64Array(length).fill(Number.NaN);
  other.set(array.subarray(0, length));
  return other;
}

function resize(one: Column, length: number): void {
  const shared = one.min === one.max;
  one.min = resized(one.min, length);
  one.max = shared ? one.min : resized(one.max, length);
}

function clear(one: Column, from: number): void {
  one.min.fill(Number.NaN, from);
  one.max.fill(Number.NaN, from);
}

function lesser(a: number, b: number): number {
  return a <= b || Number.isNaN(b) ? a : b;
}

function greater(a: number, b: number): number {
  return a >= b || Number.isNaN(b) ? a : b;
}
