/**
 * How long a unit must be silent before it may be called dead: as long as makes its return unlikely, in this layer and this run. The
 * horizon is the least d such that of units silent for d windows at most `share` fire within the next d, an upper 95 % bound over
 * half of the units (clusters); the other half must agree, or there is no horizon.
 */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { type ClusterSums, noClusters, shareOf, sumsOf, upperOf } from "../../../statistics/clustered-share.ts";

/** Lengths of silence that are tried, windows. */
export const horizons = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128] as const;

/** Silences of one layer's units so far. */
export interface Horizon {
  /** A unit was silent for another window, `silent` now. */
  silent(unit: number, silent: number): void;
  /** A unit fired after `silent` silent windows. */
  fired(unit: number, silent: number): void;
  /** The least length that qualifies, windows; undefined where none does. */
  length(): number | undefined;
  /** Of units silent for d windows, those that fired within the next d: over all units; NaN where none was silent so long. */
  returns(): Float64Array;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** By length of silence, windows: the place in `horizons` of the one it is twice as long as, and those that it reaches but is not. */
const [longest] = horizons.slice(-1);
const lengths = Array.from({ length: 2 * longest! + 1 }, (_, silent) => silent);
const twice = lengths.map((silent) => horizons.findIndex((d) => 2 * d === silent));
const within = lengths.map((silent) =>
  [...horizons.keys()].filter((k) => horizons[k]! <= silent && silent < 2 * horizons[k]!),
);

/** No silence seen yet. */
export function createHorizon(units: number, share: number): Horizon {
  /** Fewest silences of a length, in the half of units that checks, among which a share as large would show. */
  const fewestChecks = Math.ceil(1 / share);
  /** By length and unit: silences that reached it and are decided, and those of them that ended in time. */
  const decided = horizons.map(() => new Uint16Array(units));
  const returned = horizons.map(() => new Uint16Array(units));
  const all = { decided, returned };
  /** Sums over the units with an even and with an odd number, by length: integers, the same in whatever order they come. */
  let sums = horizons.map((): [ClusterSums, ClusterSums] => [noClusters(), noClusters()]);

  function decide(k: number, unit: number): void {
    const [trials, of] = [decided[k]!, sums[k]![unit & 1]!];
    const before = trials[unit]!++;
    if (before === 0) of.clusters++;
    of.trials++;
    of.squaredTrials += 2 * before + 1;
    of.products += returned[k]![unit]!;
  }

  function comeBack(k: number, unit: number): void {
    decide(k, unit);
    const of = sums[k]![unit & 1]!;
    const before = returned[k]![unit]!++;
    of.hits++;
    of.squaredHits += 2 * before + 1;
    of.products += decided[k]![unit]!;
  }

  return {
    silent: (unit, silent) => {
      const k = twice[silent] ?? -1;
      if (k >= 0) decide(k, unit);
    },
    fired: (unit, silent) => {
      for (const k of within[silent] ?? []) comeBack(k, unit);
    },
    length: () =>
      horizons.find((_, k) => {
        const [found, check] = sums[k]!;
        if (check.trials < fewestChecks || shareOf(check) > share || !(shareOf(found) <= share)) return false;
        return upperOf(found) <= share;
      }),
    returns: () =>
      Float64Array.from(horizons, (_, k) => {
        const [even, odd] = sums[k]!;
        return (even.hits + odd.hits) / (even.trials + odd.trials);
      }),
    save: () => {
      const entries = Object.entries(all).flatMap(([name, counts]) =>
        counts.map((data, k): [string, NDArray] => [`${name}/${horizons[k]}`, { shape: [units], data }]),
      );
      return Object.fromEntries(entries);
    },
    load: (state) => {
      for (const [name, counts] of Object.entries(all)) {
        for (const [k, data] of counts.entries()) data.set(state[`${name}/${horizons[k]}`]?.data ?? []);
      }
      sums = horizons.map(
        (_, k) => [0, 1].map((half) => sumsOf(returned[k]!, decided[k]!, half, 2)) as [ClusterSums, ClusterSums],
      );
    },
  };
}
