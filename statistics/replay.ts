/**
 * Is it the state of training that takes units to silence, or the order of the data? Of units that fell silent under one order,
 * how much of their way is repeated under another. Where the order decides (a random walk from the state), nothing is, on average:
 * the other orders know nothing of the one that the units were chosen by. Where the state decides, most is.
 */
import { mean, median } from "./moments.ts";
import { groupsByScore } from "./overlap.ts";

/** Ways of units that fell silent, summed over data orders and layers, in margins of the layer's median unit. */
export interface Replay {
  /** Falls of units in the order that silenced them. */
  readonly own: number;
  /** Falls of the same units in the other orders, mean over those. */
  readonly repeated: number;
  /** Mean falls of all units that began with margins like theirs, whatever became of them: what there is in it of drift that all share. */
  readonly alike: number;
  /** Units that fell silent, once for each order. */
  readonly deaths: number;
}

/** Groups of like margins. */
const groups = 20;

/**
 * From margins `[unit]` (largest pre-activation over some text: above 0 iff the unit fires on it) at a checkpoint and under each
 * data order some steps later. Margins enter as they are and not in units' own: a difference that is zero on average stays so,
 * whereas shares of a small margin lost do not.
 */
export function replay(before: ArrayLike<number>, orders: readonly ArrayLike<number>[]): Replay {
  const alive = Array.from(before).flatMap((margin, unit) => (margin > 0 ? [unit] : []));
  const scale = median(alive.map((unit) => before[unit]!));
  const fall = (unit: number, order: ArrayLike<number>) => (before[unit]! - order[unit]!) / scale;
  const silenced = (unit: number) => orders.filter((order) => order[unit]! <= 0);
  let [own, repeated, alike, deaths] = [0, 0, 0, 0];
  if (orders.length < 2) return { own, repeated, alike, deaths };
  for (const group of groupsByScore(alive, (unit) => before[unit]!, groups)) {
    const common = mean(group.map((unit) => mean(orders.map((one) => fall(unit, one)))));
    for (const unit of group) {
      for (const order of silenced(unit)) {
        own += fall(unit, order);
        repeated += mean(orders.filter((one) => one !== order).map((one) => fall(unit, one)));
        alike += common;
        deaths++;
      }
    }
  }
  return { own, repeated, alike, deaths };
}

/** Sums of several. */
export function replaySum(parts: readonly Replay[]): Replay {
  const sum = (key: keyof Replay) => parts.reduce((total, part) => total + part[key], 0);
  return { own: sum("own"), repeated: sum("repeated"), alike: sum("alike"), deaths: sum("deaths") };
}
