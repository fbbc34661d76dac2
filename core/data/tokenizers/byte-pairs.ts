/**
 * Byte-pair merging (Sennrich et al. 2016, arXiv 1508.07909) over bytes, as GPT-2 does it. js-tiktoken's own merge rebuilds
 * every pair after each merge: text without spaces, Chinese for one, takes minutes for a few megabytes. This one looks up
 * two pairs a merge, and gives the same ids.
 */

/** Byte strings (one character a byte) to their ids, which are also the order of the merges. */
export type Ranks = ReadonlyMap<string, number>;

/**
 * Longest stretch that is merged as a whole, bytes. The time grows with its square, so that a longer run of letters (no
 * text has one, an embedded binary may) is cut into stretches of this length: it decodes to the same bytes, but ids at the
 * cuts may differ from GPT-2's.
 */
export const longestStretch = 2048;

/** The ids of one byte string. Every single byte must have a rank. */
export function mergeBytePairs(bytes: string, ranks: Ranks): number[] {
  const ids: number[] = [];
  for (let at = 0; at < bytes.length; at += longestStretch) {
    mergeStretch(bytes.slice(at, at + longestStretch), ranks, ids);
  }
  return ids;
}

function mergeStretch(bytes: string, ranks: Ranks, ids: number[]): void {
  const starts = Array.from({ length: bytes.length + 1 }, (_, i) => i);
  const rankOfPair = (i: number) => ranks.get(bytes.slice(starts[i], starts[i + 2])) ?? Number.POSITIVE_INFINITY;
  // pairs[i] is the rank of part i joined with part i + 1.
  const pairs = Array.from({ length: bytes.length - 1 }, (_, i) => rankOfPair(i));
  for (;;) {
    let least = Number.POSITIVE_INFINITY;
    let first = -1;
    for (let i = 0; i < pairs.length; i++) if (pairs[i]! < least) [least, first] = [pairs[i]!, i];
    if (first < 0) break;
    starts.splice(first + 1, 1);
    pairs.splice(first, 1);
    if (first < pairs.length) pairs[first] = rankOfPair(first);
    if (first > 0) pairs[first - 1] = rankOfPair(first - 1);
  }
  for (let i = 0; i + 1 < starts.length; i++) ids.push(ranks.get(bytes.slice(starts[i], starts[i + 1]))!);
}
