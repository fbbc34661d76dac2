/** The one seeded generator: xoshiro128** (Blackman & Vigna 2018, arXiv 1805.01407), seeded by SplitMix32 steps. */
import { fillNormals } from "./normals.ts";
import { advance, drawnFrom } from "./xoshiro.ts";

export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** Standard normal (Box-Muller, one of the pair, so that the state alone says what comes next). */
  normal(): number;
  /** Fills an array with `scale` times what `normal` would give, one after another: faster, and large ones on all cores. */
  normals(into: Float32Array, scale: number): void;
  /** The whole state, for a checkpoint. */
  state(): Uint32Array;
  restore(state: Uint32Array): void;
}

/** A generator for one purpose: the same seed gives independent streams for different purposes. */
export function createRandom(seed: number, purpose: string): Random {
  let s = seeded(seed, purpose);

  const next = () => {
    const bits = drawnFrom(s);
    advance(s);
    return bits / 2 ** 32;
  };
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    normals: (into, scale) => fillNormals(s, into, scale),
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
