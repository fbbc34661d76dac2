/** The step of xoshiro128** (Blackman & Vigna 2018, arXiv 1805.01407). */

/** Advances a state of four words by one draw. */
export function advance(s: Uint32Array): void {
  const shifted = s[1]! << 9;
  s[2]! ^= s[0]!;
  s[3]! ^= s[1]!;
  s[1]! ^= s[2]!;
  s[0]! ^= s[3]!;
  s[2]! ^= shifted;
  s[3] = rotated(s[3]!, 11);
}

/** The number that a state stands for, 32 bits. */
export function drawnFrom(s: Uint32Array): number {
  return Math.imul(rotated(Math.imul(s[1]!, 5), 7), 9) >>> 0;
}

function rotated(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0;
}
