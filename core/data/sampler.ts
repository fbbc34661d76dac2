/** Training batches: every window once an epoch, in an order that the seed and the epoch's number alone decide. */

import { createRandom } from "../arrays/random.ts";
import { invalidData } from "../errors/errors.ts";
import type { Split } from "./split.ts";
import { type Batch, batchOf, countWindows, windowStarts } from "./windows.ts";

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
  let starts = startsOf(epoch);

  function startsOf(number: number): Uint32Array {
    const random = createRandom(seed, `data order ${order} epoch ${number}`);
    const shuffled = windowStarts(split, n_ctx, random);
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }

  return {
    windows,
    next(batch) {
      const chosen = new Uint32Array(batch);
      for (let row = 0; row < batch; row++) {
        if (position === windows) {
          starts = startsOf(++epoch);
          position = 0;
        }
        chosen[row] = starts[position++]!;
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
      if (cursor.epoch !== epoch) starts = startsOf(cursor.epoch);
      ({ epoch, position } = cursor);
    },
  };
}
