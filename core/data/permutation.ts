/**
 * A permutation without a list of it: a Feistel network over the next power of four, walked on from until it is below the length
 * (Black & Rogaway 2002, "Ciphers with arbitrary finite domains", section 4).
 */
import type { Random } from "../arrays/random.ts";

const rounds = 6;

/** A permutation of 0 to `length` - 1, by lot, in a few numbers of memory: place to value. */
export function permutation(length: number, random: Random): (place: number) => number {
  const half = Math.max(1, Math.ceil(Math.log2(Math.max(2, length)) / 2));
  const side = 2 ** half;
  const keys = Uint32Array.from({ length: rounds }, () => random.next() * 2 ** 32);
  const once = (value: number) => {
    let left = Math.floor(value / side);
    let right = value % side;
    for (const key of keys) [left, right] = [right, (left ^ mixed(right, key)) & (side - 1)];
    return left * side + right;
  };
  return (place) => {
    let value = once(place);
    while (value >= length) value = once(value);
    return value;
  };
}

/** The finaliser of MurmurHash3, over value and key. */
function mixed(value: number, key: number): number {
  let z = value ^ key;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}
