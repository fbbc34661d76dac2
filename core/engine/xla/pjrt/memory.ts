/** Memory that C code reads and writes. Arrays over a buffer of their own do not move; whoever passes an address keeps the array. */
import type { Koffi } from "./koffi.ts";

export type Address = bigint;
/** What a word of a struct may be given as. */
export type Word = bigint | number;

/** Eight-byte words, all zero but for those given. */
export function words(size: number, given: readonly Word[] = []): BigInt64Array {
  const array = new BigInt64Array(new ArrayBuffer(Math.ceil(size / 8) * 8));
  given.forEach((word, i) => {
    array[i] = BigInt.asIntN(64, BigInt(word));
  });
  return array;
}

/** A struct that begins with its own size and no extension. */
export function struct(size: number, fields: readonly Word[]): BigInt64Array {
  return words(size, [size, 0, ...fields]);
}

/** An address out of a struct. */
export function addressIn(array: BigInt64Array, word: number): Address {
  return BigInt.asUintN(64, array[word]!);
}

/** A count out of a struct. */
export function countIn(array: BigInt64Array, word: number): number {
  return Number(array[word]!);
}

/** Characters at an address, copied. */
export function textAt(koffi: Koffi, address: Address, length: number): string {
  return length === 0 ? "" : Buffer.from(koffi.view(address, length)).toString("utf8");
}

/** Addresses at an address, copied. */
export function addressesAt(koffi: Koffi, address: Address, count: number): Address[] {
  return count === 0 ? [] : [...new BigUint64Array(koffi.view(address, 8 * count).slice(0))];
}
