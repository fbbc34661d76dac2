/** Counts of fragments, joined: micro-batches, shards, what was counted before and after a resume. */
import { wrongValue } from "../../core/errors/errors.ts";
import type { Firings } from "./counts.ts";

/**
 * One layer's firings on several fragments as those of one batch: sequences stand one after another, integer counts are added.
 * Every report of the whole (`tokenReport`, `unionReport`, `contrastReport`) is the same to the last bit however its sequences
 * were cut into fragments and in whatever order the fragments come. Layers that are compared with each other must be merged in
 * one order, as their errors are paired by sequence. Throws when fragments differ in tokens a sequence or in units.
 */
export function mergeFirings(fragments: readonly Firings[]): Firings {
  const [first] = fragments;
  if (first === undefined) throw wrongValue("mergeFirings", "at least one fragment", "none");
  const { pos, units } = first;
  for (const part of fragments) {
    if (part.pos === pos && part.units === units) continue;
    throw wrongValue("mergeFirings", sizeText(first), sizeText(part), "Only sequences of one length can be compared.");
  }
  const batch = fragments.reduce((sum, part) => sum + part.batch, 0);
  return {
    batch,
    pos,
    units,
    perSequence: joined(fragments.map((part) => part.perSequence)),
    perToken: joined(fragments.map((part) => part.perToken)),
    perUnit: added(fragments.map((part) => part.perUnit)),
    sequences: added(fragments.map((part) => part.sequences)),
  };
}

/**
 * Sums of activations (ReDo's), one a unit, added over fragments in double precision, each unit's in rising order: the order of
 * fragments does not show. How sequences were cut does, by the rounding of the device's float32 sums (about 1e-7 of a sum), so
 * that a dormant share may differ by units that close to its threshold; `dormant_0` is exact, as only zeros add to zero.
 */
export function mergeSums(fragments: readonly ArrayLike<number>[]): Float64Array {
  const units = fragments[0]?.length ?? 0;
  const parts = new Float64Array(fragments.length);
  return Float64Array.from({ length: units }, (_, i) => {
    for (let k = 0; k < parts.length; k++) parts[k] = fragments[k]![i]!;
    return parts.sort().reduce((sum, part) => sum + part, 0);
  });
}

function sizeText({ pos, units }: Firings): string {
  return `sequences of ${pos} tokens and ${units} units`;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function added(parts: readonly Int32Array[]): Int32Array {
  const whole = Int32Array.from(parts[0]!);
  for (const part of parts.slice(1)) for (let i = 0; i < whole.length; i++) whole[i]! += part[i]!;
  return whole;
}
