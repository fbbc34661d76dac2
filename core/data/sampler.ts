/** Training batches: every window once an epoch, in an order that the seed and the epoch's number alone decide. */

import { createRandom, type Random } from "../arrays/random.ts";
import { invalidData } from "../errors/errors.ts";
import type { Split } from "./assemble.ts";
import { permutation } from "./permutation.ts";
import { type Batch, batchOf, countWindows, windowsOf } from "./windows.ts";

/** Where a sampler stands; plain JSON, part of a checkpoint. */
export interface Cursor {
  /** Epochs gone by. */
  readonly epoch: number;
  /** Windows taken in this epoch. */
  readonly position: number;
}

export interface Sampler {
  /** Windows in each epoch. */
  readonly windows: number;
  /** The next `batch` windows. A batch that reaches the end of an epoch goes on with the next one. */
  next(batch: number): Batch;
  cursor(): Cursor;
  /** Goes on from a cursor of a sampler with the same split and n_ctx. Throws `data.invalid` when it cannot be one. */
  restore(cursor: Cursor): void;
}

export interface SamplerOptions {
  readonly n_ctx: number;
  readonly seed: number;
  /**
   * Which of the seed's orders, 0 by default. A cursor from another order can be restored: in the epoch that it stands in
   * some windows then come twice and as many not at all, and later epochs are exact again.
   */
  readonly order?: number;
}

/** A sampler over the windows of a split, which must have at least one. */
export function createSampler(split: Split, { n_ctx, seed, order = 0 }: SamplerOptions): Sampler {
  const windows = countWindows(split, n_ctx);
  if (windows === 0)
    throw invalidData("data", `expected a document of at least n_ctx + 1 = ${n_ctx + 1} tokens, got none.`);
  let epoch = 0;
  let position = 0;
  let startOf = orderOf(epoch);

  /** Where the window at each place of an epoch starts. */
  function orderOf(number: number): (place: number) => number {
    const random = createRandom(seed, `data order ${order} epoch ${number}`);
    const inOrder = windowsOf(split, n_ctx, random);
    const window = split.vast === true ? permutation(inOrder.count, random) : shuffled(inOrder.count, random);
    return (place) => inOrder.startOf(window(place));
  }

  return {
    windows,
    next(batch) {
      const chosen = new Float64Array(batch);
      for (let row = 0; row < batch; row++) {
        if (position === windows) {
          startOf = orderOf(++epoch);
          position = 0;
        }
        chosen[row] = startOf(position++);
      }
      return batchOf(split, chosen, n_ctx);
    },
    cursor: () => ({ epoch, position }),
    restore(cursor) {
      const natural = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
      if (!natural(cursor.epoch) || !natural(cursor.position) || cursor.position > windows) {
        const got = `epoch ${cursor.epoch}, position ${cursor.position}`;
        throw invalidData("data cursor", `expected a position in an epoch of ${windows} windows, got ${got}.`);
      }
      if (cursor.epoch !== epoch) startOf = orderOf(cursor.epoch);
      ({ epoch, position } = cursor);
    },
  };
}

/** All numbers below `count`, by lot (Fisher & Yates). */
function shuffled(count: number, random: Random): (place: number) => number {
  const list = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return (place) => list[place]!;
}
