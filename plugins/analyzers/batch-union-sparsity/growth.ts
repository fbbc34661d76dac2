/** How the union of used units grows with tokens. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import { expectedUnion } from "../../../statistics/rarefaction.ts";
import { layerStatistics, tallies } from "../layer-statistics.ts";
import type { UnitFirings } from "../unit-counts.ts";

/** Numbers of tokens at which growth is reported: doublings from 1 to a sequence, and from a sequence to the batch. */
export function growthPoints(batch: number, pos: number): number[] {
  const points: number[] = [];
  for (let n = 1; n < pos; n *= 2) points.push(n);
  for (let k = 1; k < batch; k *= 2) points.push(k * pos);
  return [...points, batch * pos];
}

/**
 * Four rows over those points: tokens n; the union of n shuffled tokens (rarefaction, exact); `1 - (1 - mean p)^n`; and the
 * union of n / T whole sequences (rarefaction of sequences; at n = 1 a single token), NaN where n is part of a sequence.
 */
export function unionGrowth(layer: UnitFirings): NDArray<Float32Array> {
  const { batch, pos } = layer;
  const { tokens, sequences } = tallies(layer);
  const { use_token } = layerStatistics({ batch, pos, tokens, sequences });
  const points = growthPoints(batch, pos);
  const shuffled = points.map((n) => expectedUnion(tokens, batch * pos, n));
  const naive = points.map((n) => 1 - (1 - use_token) ** n);
  const contiguous = points.map((n) => {
    if (n === 1) return use_token;
    return n % pos === 0 ? expectedUnion(sequences, batch, n / pos) : Number.NaN;
  });
  return { shape: [4, points.length], data: Float32Array.from([...points, ...shuffled, ...naive, ...contiguous]) };
}
