/** How fast training goes: time for each step, and tokens per second smoothed over recent ones. */

export interface Pace {
  /** Ends a step at `now`; returns how long it took, ms: a mean over the last `steps`, as those that run ahead end in bursts. */
  mark(now: number, steps: number): number;
  /** About how long a step takes, ms; 0 before the first. */
  typicalMs(): number;
  /** Leaves out what happened since the last mark (evaluation, a checkpoint). */
  skip(): void;
  report(stepsLeft: number): { readonly tokensPerSecond: number; readonly remainingMs: number };
}

/** Weight of the newest step in the smoothed time: about the last twenty steps count. */
const newest = 0.1;

export function createPace(tokensPerStep: number): Pace {
  let since = performance.now();
  let smoothMs = 0;
  let recent: number[] = [];
  return {
    mark: (now, steps) => {
      recent = [...recent, now - since].slice(-steps);
      since = now;
      const elapsed = recent.reduce((sum, one) => sum + one, 0) / recent.length;
      smoothMs = smoothMs === 0 ? elapsed : smoothMs + newest * (elapsed - smoothMs);
      return elapsed;
    },
    typicalMs: () => smoothMs,
    skip: () => {
      since = performance.now();
    },
    report: (stepsLeft) => ({ tokensPerSecond: (tokensPerStep / smoothMs) * 1000, remainingMs: smoothMs * stepsLeft }),
  };
}
