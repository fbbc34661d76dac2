/** The one seeded generator: xoshiro128** (Blackman & Vigna 2018, arXiv 1805.01407), seeded by SplitMix32 steps. */

export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal (Box-Muller, one of the pair, so that the state alone says what comes next). */
  normal(): number;
  /** The whole state, for a checkpoint. */
  state(): Uint32Array;
  restore(state: Uint32Array): void;
}

/** A generator for one purpose: the same seed gives independent streams for different purposes. */
export function createRandom(seed: number, purpose: string): Random {
  let s = seeded(seed, purpose);

  function bits(): number {
    const result = Math.imul(rotated(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotated(s[3]!, 11);
    return result;
  }

  const next = () => bits() / 2 ** 32;
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    state: () => s.slice(),
    restore: (state) => {
      s = state.slice();
    },
  };
}

function seeded(seed: number, purpose: string): Uint32Array {
  let mixed = seed >>> 0;
  for (const character of purpose) mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0;
  mixed ^= Math.floor(seed / 2 ** 32);
  return Uint32Array.from({ length: 4 }, () => {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let z = mixed;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  });
}

function rotated(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0;
}
