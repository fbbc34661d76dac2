/** Do events cluster after spikes of a series? */

/** Indices at which a series lies more than `z` standard deviations above the mean of the `window` values before it. */
export function spikesOf(series: ArrayLike<number>, z = 3, window = 50): number[] {
  const spikes: number[] = [];
  let [sum, squares] = [0, 0];
  for (let s = 0; s < series.length; s++) {
    const value = series[s]!;
    if (s >= window) {
      const centre = sum / window;
      const deviation = Math.sqrt(Math.max(0, squares / window - centre ** 2));
      if (value > centre + z * deviation && value > centre * (1 + 1e-9)) spikes.push(s);
      sum -= series[s - window]!;
      squares -= series[s - window]! ** 2;
    }
    sum += value;
    squares += value ** 2;
  }
  return spikes;
}

/** Rate of events in the `reach` steps from each spike on, over the rate elsewhere, and its p. */
export interface EventStudy {
  readonly spikes: number;
  readonly rateRatio: number;
  /** Share of circular shifts of the spikes, the unshifted one included, that give as high a ratio. */
  readonly p: number;
}

/** Compares the events of each step with spikes among the same steps; the null is every circular shift of the spikes. */
export function eventStudy(events: ArrayLike<number>, spikes: readonly number[], reach: number): EventStudy {
  const steps = events.length;
  let total = 0;
  for (let s = 0; s < steps; s++) total += events[s]!;
  const near = new Uint8Array(steps);
  for (const spike of spikes) near.fill(1, spike, Math.min(steps, spike + reach + 1));
  const nearSteps = near.reduce((sum, one) => sum + one, 0);
  if (nearSteps === 0 || nearSteps === steps || total === 0) {
    return { spikes: spikes.length, rateRatio: Number.NaN, p: Number.NaN };
  }
  const at: number[] = [];
  for (let s = 0; s < steps; s++) if (events[s]! > 0) at.push(s);
  const inside = (shift: number) => at.reduce((sum, s) => sum + near[(s - shift + steps) % steps]! * events[s]!, 0);
  const seen = inside(0);
  const shifts = Math.min(steps, 999);
  let asHigh = 0;
  for (let k = 0; k < shifts; k++) if (inside(Math.floor((k * steps) / shifts)) >= seen) asHigh++;
  const rateRatio = seen / nearSteps / ((total - seen) / (steps - nearSteps));
  return { spikes: spikes.length, rateRatio, p: asHigh / shifts };
}
