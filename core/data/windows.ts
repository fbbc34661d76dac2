/**
 * Windows: n_ctx + 1 tokens of one document, of which the first n_ctx are the input and the last n_ctx the targets. Windows of
 * a document follow each other at n_ctx tokens, so that no token is predicted twice; the one token that neighbours share is
 * the last target of one and the first input of the next. None crosses the end of a document.
 */
import type { NDArray } from "../arrays/ndarray.ts";
import type { Random } from "../arrays/random.ts";
import type { Split } from "./split.ts";

/** Token ids and the ids to predict, both `[batch pos]`. */
export interface Batch {
  readonly tokens: NDArray<Int32Array>;
  readonly targets: NDArray<Int32Array>;
}

/** How many windows a split has. */
export function countWindows(split: Split, n_ctx: number): number {
  return split.starts.reduce((sum, start, i) => sum + windowsIn(split.ends[i]! - start, n_ctx), 0);
}

/**
 * Where each window starts in `split.tokens`, in corpus order. With `random`, the first window of each document starts as
 * far into it as leaves room for all the others, by lot; without, at its first token. Their number is the same.
 */
export function windowStarts(split: Split, n_ctx: number, random?: Random): Uint32Array {
  const starts = new Uint32Array(countWindows(split, n_ctx));
  let filled = 0;
  split.starts.forEach((start, i) => {
    const length = split.ends[i]! - start;
    const windows = windowsIn(length, n_ctx);
    const slack = length - 1 - windows * n_ctx;
    const first = start + (windows > 0 && random !== undefined ? random.integer(slack + 1) : 0);
    for (let window = 0; window < windows; window++) starts[filled++] = first + window * n_ctx;
  });
  return starts;
}

/** The windows that start there, as one batch. */
export function batchOf(split: Split, starts: ArrayLike<number>, n_ctx: number): Batch {
  const shape = [starts.length, n_ctx]; // [batch pos]
  const tokens = new Int32Array(starts.length * n_ctx);
  const targets = new Int32Array(starts.length * n_ctx);
  for (let row = 0; row < starts.length; row++) {
    const start = starts[row]!;
    tokens.set(split.tokens.subarray(start, start + n_ctx), row * n_ctx);
    targets.set(split.tokens.subarray(start + 1, start + 1 + n_ctx), row * n_ctx);
  }
  return { tokens: { shape, data: tokens }, targets: { shape, data: targets } };
}

/** The windows of an evaluation: always the same for a dataset, n_ctx and count. */
export interface EvalWindows extends Batch {
  /** Windows in the batch: as many as were asked for, or all when fewer are held out. */
  readonly count: number;
  /** Windows that are held out. */
  readonly available: number;
  /** Which held-out document each window is of, by number in the split. */
  readonly documents: Int32Array;
}

/** Held-out windows, spread evenly over the held-out text. */
export function evalWindows(dataset: { readonly eval: Split }, n_ctx: number, count: number): EvalWindows {
  const all = windowStarts(dataset.eval, n_ctx);
  const taken = Math.min(count, all.length);
  const chosen = Uint32Array.from({ length: taken }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / taken)]!);
  const documents = documentsOf(dataset.eval, chosen);
  return { ...batchOf(dataset.eval, chosen, n_ctx), count: taken, available: all.length, documents };
}

/** The document of a split that each window is of; windows in corpus order. */
export function documentsOf(split: Split, starts: ArrayLike<number>): Int32Array {
  let document = 0;
  return Int32Array.from(starts, (start) => {
    while (split.ends[document]! <= start) document++;
    return document;
  });
}

function windowsIn(length: number, n_ctx: number): number {
  return Math.max(0, Math.floor((length - 1) / n_ctx));
}
