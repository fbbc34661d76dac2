/** The tokens that each unit fires for: those at whose occurrences it surely fires most. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { shareAtLeast } from "../../../statistics/proportion.ts";

/** Tokens told of each unit, at most. */
export const tokensTold = 8;
/** Chance that any token's share is below its bound, all tokens of the text together. */
export const chance = 0.05;

/** By token and number of firings, the share of its occurrences at which the unit surely fires. */
export type SureShares = (type: number, firings: number) => number;

/**
 * For a text in which token v occurs `present[v]` times: lower ends of exact intervals which hold for all of its tokens at once
 * (Bonferroni), so that a token seen twice does not pass for one that always fires. Each is computed once.
 */
export function sureShares(present: ArrayLike<number>): SureShares {
  const all = Array.from(present);
  const alpha = chance / Math.max(1, all.filter((n) => n > 0).length);
  const known = all.map((n) => new Float64Array(n + 1).fill(Number.NaN));
  return (type, firings) => {
    const mine = known[type]!;
    if (Number.isNaN(mine[firings]!)) mine[firings] = shareAtLeast(firings, all[type]!, alpha);
    return mine[firings]!;
  };
}

/** What is counted on the text: how often each of its tokens occurs, which ids they are, and how often each unit fires at them. */
export interface CountedText {
  readonly present: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  /** int32 `[types units]`. */
  readonly firings: NDArray;
}

/**
 * For each unit the tokens at which it fires, by falling sure share, `[tokensTold units]`; where it fires at fewer, -1 and NaN. Equally
 * sure ones are in the order of the text's tokens, most frequent first.
 */
export function unitTokens({ present, ids, firings }: CountedText, sure: SureShares) {
  const [types, units] = firings.shape as [number, number];
  const counts = firings.data;
  const lows = new Float64Array(tokensTold * units); // a unit's by rank, beside each other
  const chosen = new Int32Array(tokensTold * units).fill(-1);
  for (let v = 0, at = 0; v < types; v++) {
    for (let i = 0; i < units; i++, at++) {
      if (counts[at] === 0) continue;
      const low = sure(v, counts[at]!);
      const first = i * tokensTold;
      let place = first + tokensTold;
      while (place > first && low > lows[place - 1]!) place--;
      if (place === first + tokensTold) continue;
      lows.copyWithin(place + 1, place, first + tokensTold - 1);
      chosen.copyWithin(place + 1, place, first + tokensTold - 1);
      lows[place] = low;
      chosen[place] = v;
    }
  }
  const table = <T extends Float32Array | Int32Array>(data: T, value: (type: number, unit: number) => number) => {
    for (let i = 0; i < units; i++)
      for (let rank = 0; rank < tokensTold; rank++) {
        data[rank * units + i] = value(chosen[i * tokensTold + rank]!, i);
      }
    return { shape: [tokensTold, units], data };
  };
  const floats = (value: (type: number, unit: number) => number) =>
    table(new Float32Array(tokensTold * units), (type, i) => (type < 0 ? Number.NaN : value(type, i)));
  return {
    unit_tokens: table(new Int32Array(tokensTold * units), (type) => (type < 0 ? -1 : ids[type]!)),
    token_occurrences: floats((type) => present[type]!),
    token_share: floats((type, i) => counts[type * units + i]! / present[type]!),
    token_share_low: floats((type, i) => sure(type, counts[type * units + i]!)),
  };
}

/** Share of the text's positions at which each unit fires, `[units]`. */
export function unitFrequency({ present, firings }: Pick<CountedText, "present" | "firings">): Float32Array {
  const [types, units] = firings.shape as [number, number];
  const positions = Array.from(present).reduce((sum, n) => sum + n, 0);
  const totals = new Float32Array(units);
  for (let v = 0, at = 0; v < types; v++) for (let i = 0; i < units; i++, at++) totals[i]! += firings.data[at]!;
  return totals.map((total) => total / positions);
}
