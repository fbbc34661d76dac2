/** What depends on how a unit's firings fall on sequences. */
import { median } from "../../../statistics/moments.ts";
import { tallyOf } from "../../../statistics/tally.ts";
import type { TokenFirings } from "./token-firings.ts";

/**
 * The two readings of "frequency of use of the p % most used units in a sequence" (arXiv 2407.07848, Figure 2): the frequency
 * of the unit at that rank, and the mean frequency of all units up to it. Both are taken within a sequence, then averaged.
 */
export function sequenceFrequencies({ perSequence, batch, pos, units }: Omit<TokenFirings, "squares">) {
  const tops = [0.01, 0.1, 0.5].map((share) => Math.ceil(share * units));
  const atRank = tops.map(() => 0);
  const ofTop = tops.map(() => 0);
  for (let b = 0; b < batch; b++) {
    const tally = tallyOf(perSequence.subarray(b * units, (b + 1) * units), pos);
    tops.forEach((top, k) => {
      const { last, sum } = mostUsed(tally, top);
      atRank[k]! += last;
      ofTop[k]! += sum;
    });
  }
  const tokens = batch * pos;
  return {
    seq_freq_rank01: atRank[0]! / tokens,
    seq_freq_rank10: atRank[1]! / tokens,
    seq_freq_rank50: atRank[2]! / tokens,
    seq_freq_top01: ofTop[0]! / tokens / tops[0]!,
    seq_freq_top10: ofTop[1]! / tokens / tops[1]!,
    seq_freq_top50: ofTop[2]! / tokens / tops[2]!,
  };
}

/** The lowest count and the sum among the `units` highest of a tally. */
function mostUsed(tally: Float64Array, units: number): { last: number; sum: number } {
  let left = units;
  let sum = 0;
  for (let c = tally.length - 1; c >= 0; c--) {
    const level = Math.min(tally[c]!, left);
    sum += c * level;
    left -= level;
    if (left === 0) return { last: c, sum };
  }
  return { last: 0, sum };
}

/**
 * The median over units of the design effect `T Var_b(C[b,i]/T) / (f_i (1 - f_i))`: 1 when a unit's firings within a sequence
 * are independent, T when they are all alike. Units that fire always or never have none; NaN when no unit is left.
 */
export function designEffect({ squares, perUnit, batch, pos, units }: Omit<TokenFirings, "perSequence">): number {
  const effects = new Float64Array(units);
  let known = 0;
  for (let i = 0; i < units; i++) {
    const f = perUnit[i]! / (batch * pos);
    if (f === 0 || f === 1 || batch < 2) continue;
    const spread = (squares[i]! - perUnit[i]! ** 2 / batch) / (batch - 1) / pos ** 2;
    effects[known++] = (pos * spread) / (f * (1 - f));
  }
  return median(effects.subarray(0, known));
}
