/**
 * How long a unit must be silent before it may be called dead: as long as makes its return unlikely, in this layer and this run. The
 * horizon is the least d such that of units silent for d windows at most `share` fire within the next d, an upper 95 % bound over
 * half of the units (clusters); the other half must agree, or there is no horizon.
 */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";
import { clusteredShare } from "../../../statistics/clustered-share.ts";

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

/** No silence seen yet. */
export function createHorizon(units: number, share: number): Horizon {
  /** Fewest silences of a length, in the half of units that checks, among which a share as large would show. */
  const fewestChecks = Math.ceil(1 / share);
  /** By length and unit: silences that reached it and are decided, and those of them that ended in time. */
  const decided = horizons.map(() => new Uint16Array(units));
  const returned = horizons.map(() => new Uint16Array(units));
  const all = { decided, returned };
  const half = (counts: Uint16Array, parity: 0 | 1) => counts.filter((_, i) => i % 2 === parity);
  return {
    silent: (unit, silent) => {
      for (const [k, d] of horizons.entries()) if (silent === 2 * d) decided[k]![unit]!++;
    },
    fired: (unit, silent) => {
      for (const [k, d] of horizons.entries()) {
        if (silent < d || silent >= 2 * d) continue;
        decided[k]![unit]!++;
        returned[k]![unit]!++;
      }
    },
    length: () =>
      horizons.find((_, k) => {
        const [found, check] = ([0, 1] as const).map((parity) =>
          clusteredShare(half(returned[k]!, parity), half(decided[k]!, parity)),
        );
        return found!.upper <= share && check!.trials >= fewestChecks && check!.share <= share;
      }),
    returns: () => Float64Array.from(horizons, (_, k) => clusteredShare(returned[k]!, decided[k]!).share),
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
    },
  };
}
