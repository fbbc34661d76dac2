/** How a unit's margin, its largest pre-activation on the frozen probe, came down. */
import { median } from "../../../statistics/moments.ts";

/** `jump`: one fall between looks is half of all and far out of scale; `gradual`: none is over a fifth, and all last ten steps or more. */
export const descentKinds = ["jump", "gradual", "mixed"] as const;
export type Descent = (typeof descentKinds)[number];

/** The shape of a fall. */
export interface DescentReport {
  /** Largest fall between looks over the sum of them; NaN where there is none. */
  readonly largestShare: number;
  /** Training steps of equal falls that it amounts to: `(sum d)^2 / sum d^2` over falls d, times the steps between looks. */
  readonly steps: number;
  readonly kind: Descent;
}

/** Describes a course of margins, oldest first; `spacing` is the training steps between two. */
export function descent(margins: ArrayLike<number>, spacing = 1): DescentReport {
  const falls = new Float64Array(Math.max(0, margins.length - 1));
  let [sum, squares, largest] = [0, 0, 0];
  for (let s = 0; s < falls.length; s++) {
    const fall = margins[s]! - margins[s + 1]!;
    falls[s] = fall;
    if (!(fall > 0)) continue;
    sum += fall;
    squares += fall * fall;
    largest = Math.max(largest, fall);
  }
  const largestShare = largest / sum;
  const steps = (spacing * sum ** 2) / squares;
  const centre = median(falls);
  for (let s = 0; s < falls.length; s++) falls[s] = Math.abs(falls[s]! - centre);
  const deviation = median(falls);
  if (largestShare >= 0.5 && largest > 5 * deviation) return { largestShare, steps, kind: "jump" };
  if (largestShare < 0.2 && steps >= 10) return { largestShare, steps, kind: "gradual" };
  return { largestShare, steps, kind: "mixed" };
}

/** `E (sum of q increments)^2 / (q E increment^2)` over all units: above 1 drift that persists, below 1 steps that revert. */
export function varianceRatio(margins: readonly ArrayLike<number>[], q: number): number {
  let [long, short, longs, shorts] = [0, 0, 0, 0];
  for (let s = 1; s < margins.length; s++) {
    for (let i = 0; i < margins[0]!.length; i++) {
      short += (margins[s]![i]! - margins[s - 1]![i]!) ** 2;
      shorts++;
      if (s < q) continue;
      long += (margins[s]![i]! - margins[s - q]![i]!) ** 2;
      longs++;
    }
  }
  return long / longs / (q * (short / shorts));
}
