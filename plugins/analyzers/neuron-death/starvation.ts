/**
 * The gradient that each unit's incoming weights get. With ReLU it is exactly zero at a step whose batch does not fire the unit:
 * such a unit is moved by weight decay, the optimizer's momentum and what lies upstream alone, and a step with no gradient at all
 * is a step closer to never firing again.
 */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";

/** Weight of the newest step in running means: about the last ten steps count. */
const newest = 0.1;

/** One layer's units. */
export interface Starvation {
  /** Takes the gradient norm of each unit's incoming weights at a step. */
  add(norms: Float32Array, step: number): void;
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
  return {
    add: (now, step) => {
      for (let i = 0; i < units; i++) {
        const norm = now[i]!;
        if (norm > 0) {
          norms[i] = norms[i] === 0 ? norm : norms[i]! + newest * (norm - norms[i]!);
          fed[i]! += newest * (1 - fed[i]!);
        } else fed[i]! -= newest * fed[i]!;
        if (fed[i]! >= 0.5) onset[i] = 0;
        else if (onset[i] === 0) onset[i] = step;
      }
    },
    norm: (unit) => norms[unit]!,
    lag: (unit, lastFiring) => (onset[unit] === 0 ? 0 : Math.max(0, lastFiring - onset[unit]!)),
    save: () => Object.fromEntries(Object.entries(all).map(([name, data]) => [name, { shape: [units], data }])),
    load: (state) => {
      for (const [name, data] of Object.entries(all)) if (state[name]) data.set(state[name].data);
    },
  };
}
