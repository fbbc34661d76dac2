/** Use of a layer by sequences and by the whole batch: sizes of unions over tokens. */
import { expectedUnion, samplesFor } from "../../../statistics/rarefaction.ts";
import { chao } from "../../../statistics/richness.ts";
import { clusterIndexOf, layerStatistics, type Tallies, tallies } from "../layer-statistics.ts";
import type { UnitFirings } from "../unit-counts.ts";

/** The three levels of use, `use_token <= use_seq <= use_batch`, their ratios, and what batch and sequences share. */
export function unionUse(layer: UnitFirings) {
  const all = tallies(layer);
  const { use_token, use_seq, use_batch } = layerStatistics(all);
  const n = layer.batch * layer.pos;
  return {
    use_token,
    use_seq,
    use_batch,
    seq_over_token: use_seq / use_token,
    batch_over_seq: use_batch / use_seq,
    batch_over_token: use_batch / use_token,
    use_seq_shuffled: expectedUnion(all.tokens, n, layer.pos),
    use_seq_naive: 1 - (1 - use_token) ** layer.pos,
    ...sharing(all, use_seq, layer.units),
    cluster_index: clusterIndexOf(all),
    ...unseen(all, layer.units),
    n50: samplesFor(all.tokens, n, 0.5),
    n95: samplesFor(all.tokens, n, 0.95),
    unsaturated: (Math.LN2 * (all.tokens[1] ?? 0)) / layer.units,
  };
}

/** What two sequences have in common, from the number of sequences that hold each unit. */
function sharing({ sequences, batch }: Tallies, use_seq: number, units: number) {
  let pairs = 0;
  for (let q = 2; q < sequences.length; q++) pairs += ((q * (q - 1)) / 2) * sequences[q]!;
  const seq_overlap = batch < 2 ? Number.NaN : pairs / ((batch * (batch - 1)) / 2) / units;
  return {
    seq_overlap,
    seq_jaccard: seq_overlap / (2 * use_seq - seq_overlap),
    only_one_seq: sequences[1]! / (units - sequences[0]!),
  };
}

/** Units that were not seen but may be alive. */
function unseen({ sequences, tokens, batch, pos }: Tallies, units: number) {
  const dead = (alive: number) => 1 - Math.min(units, alive) / units;
  return {
    dead_hat: dead(chao(sequences, batch)),
    dead_hat_tokens: dead(chao(tokens, batch * pos)),
    seq_singletons: sequences[1]!,
    seq_doubletons: sequences[2] ?? 0,
  };
}
