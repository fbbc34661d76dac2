/** One layer's sparsity in a handful of numbers, all of them functions of two tallies; and the same without some of its units. */
import { unitsForShare } from "../../statistics/concentration.ts";
import type { StatisticName } from "../../statistics/contrast.ts";
import { expectedUnion } from "../../statistics/rarefaction.ts";
import { chao } from "../../statistics/richness.ts";
import { type Tally, tallyOf, totalOf, unitsIn } from "../../statistics/tally.ts";
import type { UnitFirings } from "./unit-counts.ts";

/** A unit is always on when it fires at more than this share of tokens, and rare when at fewer than that but at all. */
export const alwaysOnAbove = 0.9;
export const rareBelow = 1e-3;

/** What is tallied of a batch: firings of each unit, and sequences in which it fires. */
export interface Tallies {
  readonly batch: number;
  readonly pos: number;
  readonly tokens: Tally;
  readonly sequences: Tally;
}

/** The statistics that are compared between layers. */
export type LayerStatistics = Readonly<Record<StatisticName, number>>;

/** Every statistic starts from the tallies of a batch, and several analyzers ask for them: they are made once. */
const known = new WeakMap<Int32Array, Tally>();

function tallied(counts: Int32Array, most: number): Tally {
  const before = known.get(counts);
  if (before?.length === most + 1) return before;
  const made = tallyOf(counts, most);
  known.set(counts, made);
  return made;
}

/** The tally of units by their firings in the whole batch; only to be read. */
export function tokenTally({ batch, pos, perUnit }: Pick<UnitFirings, "batch" | "pos" | "perUnit">): Tally {
  return tallied(perUnit, batch * pos);
}

/** Tallies of the whole batch; only to be read. */
export function tallies(layer: Omit<UnitFirings, "units">): Tallies {
  const { batch, pos, sequences } = layer;
  return { batch, pos, tokens: tokenTally(layer), sequences: tallied(sequences, batch) };
}

/** Groups that units are left out by: their errors have one degree of freedom less. */
export const unitGroups = 20;

/**
 * Tallies of the layer without each of `unitGroups` groups of its units in turn. Units are in no order, so that every 20th makes a
 * random group. One pair of arrays is reused: look before the next.
 */
export function* talliesWithoutUnits({
  batch,
  pos,
  units,
  perUnit,
  sequences: holding,
}: UnitFirings): Generator<Tallies> {
  const all = tallies({ batch, pos, perUnit, sequences: holding });
  const tokens = new Float64Array(all.tokens.length);
  const sequences = new Float64Array(all.sequences.length);
  for (let group = 0; group < unitGroups; group++) {
    tokens.set(all.tokens);
    sequences.set(all.sequences);
    for (let i = group; i < units; i += unitGroups) {
      tokens[perUnit[i]!]!--;
      sequences[holding[i]!]!--;
    }
    yield { batch, pos, tokens, sequences };
  }
}

/** use_seq over what as many tokens shuffled between sequences would use. */
export function clusterIndexOf({ batch, pos, tokens, sequences }: Tallies): number {
  const use_seq = totalOf(sequences) / batch / unitsIn(tokens);
  return use_seq / expectedUnion(tokens, batch * pos, pos);
}

/** All statistics of one layer. */
export function layerStatistics({ batch, pos, tokens, sequences }: Tallies): LayerStatistics {
  const units = unitsIn(tokens);
  const n = batch * pos;
  const use_token = totalOf(tokens) / n / units;
  const use_seq = totalOf(sequences) / batch / units;
  const use_batch = 1 - tokens[0]! / units;
  return {
    use_token,
    use_seq,
    use_batch,
    batch_over_token: use_batch / use_token,
    k50: unitsForShare(tokens, 0.5),
    always_on: shareWith(tokens, (c) => c > alwaysOnAbove * n),
    rare: shareWith(tokens, (c) => c > 0 && c < rareBelow * n),
    cluster_index: clusterIndexOf({ batch, pos, tokens, sequences }),
    dead_hat: 1 - Math.min(units, chao(sequences, batch)) / units,
  };
}

/** The share of units whose count meets a condition. */
export function shareWith(tally: Tally, meets: (count: number) => boolean): number {
  let units = 0;
  for (let c = 0; c < tally.length; c++) if (meets(c)) units += tally[c]!;
  return units / unitsIn(tally);
}
