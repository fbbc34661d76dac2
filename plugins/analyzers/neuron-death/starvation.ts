/**
 * The gradient that each unit's incoming weights get. With ReLU it is exactly zero at a step whose batch does not fire the unit:
 * such a unit is moved by weight decay, the optimizer's momentum and what lies upstream alone, and a step with no gradient at all
 * is a step closer to never firing again.
 */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";

/** The bits of 0.5 in float32. */
const half = 0x3f000000;
/** Weight of the newest step in running means: about the last ten steps count. */
const newest = 0.1;

/** One layer's units. */
export interface Starvation {
  /** Takes the gradient norm of each unit's incoming weights at a step; returns the share of units that got none. */
  add(norms: Float32Array, step: number): number;
  /** Running mean of a unit's gradient norm over the steps that gave it any. */
  norm(unit: number): number;
  /**
   * Steps between the onset of starvation, from which on fewer than half of the recent steps gave the unit any gradient, and
   * its last firing; 0 where it was fed until then.
   */
  lag(unit: number, lastFiring: number): number;
  save(): Record<string, NDArray>;
  load(state: Arrays): void;
}

/** Units that are all fed. */
export function createStarvation(units: number): Starvation {
  const norms = new Float32Array(units);
  const fed = new Float32Array(units).fill(1);
  const onset = new Int32Array(units);
  const all = { norms, fed, onset };
  const fedBits = new Int32Array(fed.buffer);
  return {
    add: (now, step) => {
      // Of floats that are not negative the order is that of their bits: signs of differences of those stand for branches, which
      // would be mispredicted for every other unit.
      const bits = new Int32Array(now.buffer, now.byteOffset, units);
      let eating = 0;
      for (let i = 0; i < units; i++) {
        const eats = -bits[i]! >>> 31; // 1 where the norm is above zero, else 0
        eating += eats;
        const before = norms[i]!;
        norms[i] = before + eats * (before === 0 ? 1 : newest) * (now[i]! - before);
        fed[i]! += newest * (eats - fed[i]!);
        const starving = (fedBits[i]! - half) >> 31; // all ones where fed is below 0.5
        const unset = (onset[i]! - 1) >> 31; // all ones at 0
        onset[i] = (onset[i]! | (step & unset)) & starving;
      }
      return (units - eating) / units;
    },
    norm: (unit) => norms[unit]!,
    lag: (unit, lastFiring) => (onset[unit] === 0 ? 0 : Math.max(0, lastFiring - onset[unit]!)),
    save: () => Object.fromEntries(Object.entries(all).map(([name, data]) => [name, { shape: [units], data }])),
    load: (state) => {
      for (const [name, data] of Object.entries(all)) if (state[name]) data.set(state[name].data);
    },
  };
}
