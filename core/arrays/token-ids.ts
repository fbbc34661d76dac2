/** Token ids by position: those of a typed array, or of a file that is read where it is asked. */

/** Ids as they stand in memory: wide where a vocabulary has more than 65 536. */
export type Ids = Uint16Array | Uint32Array;

/** What gives ids by position. A typed array is one. */
export interface TokenIds {
  readonly length: number;
  /** The ids from `start` to `end`, exclusive; whoever gets them leaves them as they are. */
  subarray(start: number, end: number): Ids;
}

/** Ids that stand in memory one after another. */
export function isArray(ids: TokenIds): ids is Ids {
  return ids instanceof Uint16Array || ids instanceof Uint32Array;
}

/** Ids that are taken in at once when all are looked through: 1 MiB of 16 bits each. */
const chunk = 2 ** 19;

/** All ids, a stretch at a time. */
export function* stretches(ids: TokenIds): Generator<Ids> {
  for (let start = 0; start < ids.length; start += chunk)
    yield ids.subarray(start, Math.min(ids.length, start + chunk));
}

/** The highest id; 0 where there is none. */
export function highestId(ids: TokenIds): number {
  let highest = 0;
  for (const stretch of stretches(ids))
    for (let i = 0; i < stretch.length; i++) if (stretch[i]! > highest) highest = stretch[i]!;
  return highest;
}

/** Ids of several arrays and files as if they followed each other; a request lies within one of them. */
export function inSequence(parts: readonly TokenIds[]): TokenIds {
  const starts = new Float64Array(parts.length + 1);
  parts.forEach((part, i) => {
    starts[i + 1] = starts[i]! + part.length;
  });
  return {
    length: starts[parts.length]!,
    subarray(start, end) {
      const at = lastAtMost(starts, start, parts.length);
      return parts[at]!.subarray(start - starts[at]!, end - starts[at]!);
    },
  };
}

/** Place of the last of the first `count` values, which ascend, that is at most `value`; 0 where none is. */
export function lastAtMost(ascending: ArrayLike<number>, value: number, count: number): number {
  let low = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}
