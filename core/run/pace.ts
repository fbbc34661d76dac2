/** How fast training goes: time for each step, and tokens per second smoothed over recent ones. */

export interface Pace {
  /** Ends a step; returns how long it took, ms. */
  mark(): number;
  /** Leaves out what happened since the last mark (evaluation, a checkpoint). */
  skip(): void;
  report(stepsLeft: number): { readonly tokensPerSecond: number; readonly remainingMs: number };
}

/** Weight of the newest step in the smoothed time: about the last twenty steps count. */
const newest = 0.1;

export function createPace(tokensPerStep: number, clock: () => number = () => performance.now()): Pace {
  let since = clock();
  let smoothMs = 0;
  return {
    mark: () => {
      const now = clock();
      const elapsed = now - since;
      since = now;
      smoothMs = smoothMs === 0 ? elapsed : smoothMs + newest * (elapsed - smoothMs);
      return elapsed;
    },
    skip: () => {
      since = clock();
    },
    report: (stepsLeft) => ({ tokensPerSecond: (tokensPerStep / smoothMs) * 1000, remainingMs: smoothMs * stepsLeft }),
  };
}
