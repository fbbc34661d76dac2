/** Synthetic masks with known answers, and their counts made the plain way. */
import type { NDArray } from "../../../core/arrays/ndarray.ts";
import type { Random } from "../../../core/arrays/random.ts";
import { type Firings, firings } from "../../../plugins/analyzers/counts.ts";

/** `mask[b][t][i]`: 1 where unit `i` fires at token `t` of sequence `b`. */
export type Mask = readonly (readonly (readonly number[])[])[];

/** A mask from a rule. */
export function maskOf(batch: number, pos: number, units: number, fires: (b: number, t: number, i: number) => boolean) {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  return range(batch).map((b) => range(pos).map((t) => range(units).map((i) => (fires(b, t, i) ? 1 : 0))));
}

/** Counts of a mask as the device would hand them over. */
export function countsOf(mask: Mask): { perSequence: NDArray; perToken: NDArray } {
  const [batch, pos, units] = [mask.length, mask[0]!.length, mask[0]![0]!.length];
  const perSequence = mask.flatMap((rows) => rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0)));
  const perToken = mask.flatMap((rows) => rows.map((row) => row.reduce((sum, one) => sum + one, 0)));
  return {
    perSequence: { shape: [batch, units], data: Int32Array.from(perSequence) },
    perToken: { shape: [batch, pos], data: Int32Array.from(perToken) },
  };
}

/** The firings that a mask holds. */
export function firingsIn(mask: Mask): Firings {
  const { perSequence, perToken } = countsOf(mask);
  return firings(perSequence, perToken);
}

/** Some of a layer's sequences, in the order given, as a batch of their own. */
export function fragmentOf({ pos, units, perSequence, perToken }: Firings, sequences: readonly number[]): Firings {
  const rows = (data: Int32Array, width: number) =>
    Int32Array.from(sequences.flatMap((b) => Array.from(data.subarray(b * width, (b + 1) * width))));
  const batch = sequences.length;
  return firings(
    { shape: [batch, units], data: rows(perSequence, units) },
    { shape: [batch, pos], data: rows(perToken, pos) },
  );
}

/** Sequences about topics: in each topic the log odds of every unit are shifted by a normal amount of the unit's own. */
export interface Topics {
  /** One sequence for each topic given. Of `perToken` only each sequence's sum is as it would be. */
  draw(random: Random, topics: readonly number[]): Firings;
  /** Expected use by `tokens` tokens of one topic, the topic being drawn evenly; and by a batch of sequences. */
  use(tokens: number): number;
  useBatch(batch: number): number;
}

/** A layer whose unit i fires at `rate(i)` where a topic does not shift it. */
export function topicLayer(
  random: Random,
  size: { readonly pos: number; readonly units: number; readonly topics: number; readonly spread: number },
  rate: (unit: number) => number,
): Topics {
  const { pos, units, topics, spread } = size;
  const odds = (i: number) => Math.log(rate(i) / (1 - rate(i)));
  const rates = Array.from({ length: topics }, () =>
    Array.from({ length: units }, (_, i) => 1 / (1 + Math.exp(-odds(i) - spread * random.normal()))),
  );
  const cumulative = rates.map((row) => row.map((p) => binomial(pos, p)));
  const missing = (i: number, tokens: number) => rates.reduce((sum, row) => sum + (1 - row[i]!) ** tokens, 0) / topics;
  const expected = (absent: (i: number) => number) => {
    let used = 0;
    for (let i = 0; i < units; i++) used += 1 - absent(i);
    return used / units;
  };
  return {
    draw: (from, chosen) => {
      const batch = chosen.length;
      const [perSequence, perToken] = [new Int32Array(batch * units), new Int32Array(batch * pos)];
      chosen.forEach((topic, b) => {
        for (let i = 0; i < units; i++) {
          const [u, below] = [from.next(), cumulative[topic]![i]!];
          let count = 0;
          while (count < pos && u > below[count]!) count++;
          perSequence[b * units + i] = count;
          perToken[b * pos]! += count;
        }
      });
      return firings({ shape: [batch, units], data: perSequence }, { shape: [batch, pos], data: perToken });
    },
    use: (tokens) => expected((i) => missing(i, tokens)),
    useBatch: (batch) => expected((i) => missing(i, pos) ** batch),
  };
}

/** `P(X <= c)` for c of 0 ... n, X binomial. */
function binomial(n: number, p: number): Float64Array {
  const below = new Float64Array(n + 1);
  let [term, sum] = [(1 - p) ** n, 0];
  for (let c = 0; c <= n; c++) {
    sum += term;
    below[c] = sum;
    term *= (((n - c) / (c + 1)) * p) / (1 - p);
  }
  return below;
}

/**
 * Random firings straight as counts: in each sequence every unit has a frequency `rate(i)`, multiplied for all units by a
 * factor of the sequence's own that is uniform in `1 -+ spread`: correlated tokens, with a known mean.
 */
export function clusteredFirings(
  random: Random,
  size: { readonly batch: number; readonly pos: number; readonly units: number },
  rate: (unit: number) => number,
  spread = 0,
): Firings {
  const { batch, pos, units } = size;
  const perSequence = new Int32Array(batch * units);
  const perToken = new Int32Array(batch * pos);
  for (let b = 0; b < batch; b++) {
    const factor = 1 + spread * (2 * random.next() - 1);
    for (let t = 0; t < pos; t++) {
      for (let i = 0; i < units; i++) {
        if (random.next() >= rate(i) * factor) continue;
        perSequence[b * units + i]!++;
        perToken[b * pos + t]!++;
      }
    }
  }
  return firings({ shape: [batch, units], data: perSequence }, { shape: [batch, pos], data: perToken });
}
