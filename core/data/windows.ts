/**
 * Windows: n_ctx + 1 tokens of one document, of which the first n_ctx are the input and the last n_ctx the targets. Windows of
 * a document follow each other at n_ctx tokens, so that no token is predicted twice; the one token that neighbours share is
 * the last target of one and the first input of the next. None crosses the end of a document.
 */
import type { NDArray } from "../arrays/ndarray.ts";
import type { Random } from "../arrays/random.ts";
import { lastAtMost } from "../arrays/token-ids.ts";
import type { Split } from "./assemble.ts";

/** Token ids and the ids to predict, both `[batch pos]`. */
export interface Batch {
  readonly tokens: NDArray<Int32Array>;
  readonly targets: NDArray<Int32Array>;
}

/** How many windows a split has. */
export function countWindows(split: Split, n_ctx: number): number {
  return split.starts.reduce((sum, start, i) => sum + windowsIn(split.ends[i]! - start, n_ctx), 0);
}

/** The windows of a split by number, in corpus order. */
export interface Windows {
  readonly count: number;
  /** Where a window starts in `split.tokens`. */
  startOf(window: number): number;
}

/**
 * The windows of a split. With `random`, the first window of each document starts as far into it as leaves room for all the
 * others, by lot; without, at its first token. Their number is the same.
 */
export function windowsOf(split: Split, n_ctx: number, random?: Random): Windows {
  const spans = split.starts.length;
  const firsts = new Float64Array(spans);
  const before = new Float64Array(spans + 1);
  split.starts.forEach((start, i) => {
    const length = split.ends[i]! - start;
    const windows = windowsIn(length, n_ctx);
    const slack = length - 1 - windows * n_ctx;
    firsts[i] = start + (windows > 0 && random !== undefined ? random.integer(slack + 1) : 0);
    before[i + 1] = before[i]! + windows;
  });
  return {
    count: before[spans]!,
    startOf(window) {
      const span = lastAtMost(before, window, spans);
      return firsts[span]! + (window - before[span]!) * n_ctx;
    },
  };
}

/** The windows that start there, as one batch. */
export function batchOf(split: Split, starts: ArrayLike<number>, n_ctx: number): Batch {
  const shape = [starts.length, n_ctx]; // [batch pos]
  const tokens = new Int32Array(starts.length * n_ctx);
  const targets = new Int32Array(starts.length * n_ctx);
  for (let row = 0; row < starts.length; row++) {
    const start = starts[row]!;
    const ids = split.tokens.subarray(start, start + n_ctx + 1);
    tokens.set(ids.subarray(0, n_ctx), row * n_ctx);
    targets.set(ids.subarray(1), row * n_ctx);
  }
  return { tokens: { shape, data: tokens }, targets: { shape, data: targets } };
}

/** The windows of an evaluation: always the same for a dataset, n_ctx and count. */
export interface EvalWindows extends Batch {
  /** Windows in the batch: as many as were asked for, or all when fewer are held out. */
  readonly count: number;
  /** Windows that are held out. */
  readonly available: number;
  /** Which held-out document each window is of, see `documentsOf`. */
  readonly documents: Int32Array;
}

/** Held-out windows, spread evenly over the held-out text. */
export function evalWindows(dataset: { readonly eval: Split }, n_ctx: number, count: number): EvalWindows {
  const all = windowsOf(dataset.eval, n_ctx);
  const taken = Math.min(count, all.count);
  const place = (i: number) => Math.floor(((i + 0.5) * all.count) / taken);
  const chosen = Float64Array.from({ length: taken }, (_, i) => all.startOf(place(i)));
  const documents = documentsOf(dataset.eval, chosen);
  return { ...batchOf(dataset.eval, chosen, n_ctx), count: taken, available: all.count, documents };
}

/**
 * The document that each window is of; windows in the order of their spans. A window of documents that were joined, of which
 * each is shorter than it, counts as a document of its own: a negative number.
 */
export function documentsOf({ ends, documents }: Split, starts: ArrayLike<number>): Int32Array {
  let span = 0;
  return Int32Array.from(starts, (start, window) => {
    while (ends[span]! <= start) span++;
    const document = documents?.[span] ?? span;
    return document < 0 ? -1 - window : document;
  });
}

function windowsIn(length: number, n_ctx: number): number {
  return Math.max(0, Math.floor((length - 1) / n_ctx));
}
