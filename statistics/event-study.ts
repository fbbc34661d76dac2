/** Do events cluster after spikes of a series, beyond that both may be more frequent at one time of training than at another? */
import { normalCdf } from "./special.ts";

/** Indices at which a series lies more than `z` standard deviations above the mean of the `window` values before it. */
export interface SpikeFinder {
  /** Takes the next value; true where it is a spike. */
  add(value: number): boolean;
  /** The values that the next one is held against, oldest first. */
  readonly recent: readonly number[];
}

/** A finder that has seen the values of `recent`. */
export function createSpikeFinder(z = 3, window = 50, recent: readonly number[] = []): SpikeFinder {
  let last = [...recent];
  return {
    add: (value) => {
      let spike = false;
      if (last.length === window) {
        const centre = last.reduce((sum, one) => sum + one, 0) / window;
        const deviation = Math.sqrt(last.reduce((sum, one) => sum + (one - centre) ** 2, 0) / window);
        spike = value > centre + z * deviation && value > centre * (1 + 1e-9);
      }
      last = [...last, value].slice(-window);
      return spike;
    },
    get recent() {
      return last;
    },
  };
}

/** Events near spikes against what their times would have them do, and what could have been seen. */
export interface EventStudy {
  readonly spikes: number;
  /** Events in the `reach` steps from a spike on. */
  readonly near: number;
  /** As many expected, each block of time keeping its own numbers of events and spikes. */
  readonly expected: number;
  /** Standard deviation of near, were events unrelated to spikes. */
  readonly deviation: number;
  /** near / expected; NaN where nothing is expected. */
  readonly rateRatio: number;
  /** Chance of as many or more by shifts of spikes within blocks; NaN where nothing is expected. */
  readonly p: number;
  /** Smallest rate ratio that would be found at 5 % in 80 % of cases: below it "not found" says nothing. Infinity without spikes. */
  readonly detectable: number;
}

/** Steps in a block: long beside the reach of a spike, short beside the time in which deaths and spikes thin out. */
export const blockSteps = 100;
/** Totals up to which the null distribution is convolved exactly; above it is normal. */
const exactUpTo = 4000;

interface Block {
  readonly events: Uint32Array;
  readonly spikes: Set<number>;
  /** Of all circular shifts of the block's spikes: how many have each number of events near; undefined where it changed. */
  shifts: Float64Array | undefined;
  near: number;
  /** Mean and variance of that distribution. */
  mean: number;
  variance: number;
}

/** An event study that grows: events may come late, each change touches its block alone. */
export interface EventLog {
  /** Adds `count` events at step `step` (from 1). */
  event(step: number, count?: number): void;
  spike(step: number): void;
  result(): EventStudy;
  /** Events of each step, and steps of spikes. */
  save(): { readonly events: Float64Array; readonly spikes: Float64Array };
}

/** An empty log; steps from `reach` on after a spike no longer count as near. A block's spikes reach no further than its end. */
export function createEventLog(reach: number): EventLog {
  const blocks: Block[] = [];
  const blockAt = (step: number) => {
    const at = Math.floor((step - 1) / blockSteps);
    while (blocks.length <= at) {
      blocks.push({
        events: new Uint32Array(blockSteps),
        spikes: new Set(),
        shifts: undefined,
        near: 0,
        mean: 0,
        variance: 0,
      });
    }
    const block = blocks[at]!;
    block.shifts = undefined;
    return block;
  };
  const within = (step: number) => (step - 1) % blockSteps;
  return {
    event: (step, count = 1) => {
      blockAt(step).events[within(step)]! += count;
    },
    spike: (step) => {
      blockAt(step).spikes.add(within(step));
    },
    result: () => {
      for (const block of blocks) if (block.shifts === undefined) shiftAll(block, reach);
      return summed(blocks);
    },
    save: () => {
      const at = (block: number, offset: number) => block * blockSteps + offset + 1;
      const events = blocks.flatMap((block, b) =>
        Array.from(block.events).flatMap((count, i) => (count > 0 ? [at(b, i), count] : [])),
      );
      const spikes = blocks.flatMap((block, b) => [...block.spikes].map((i) => at(b, i)));
      return { events: Float64Array.from(events), spikes: Float64Array.from(spikes) };
    },
  };
}

/** Counts events near spikes under every circular shift of a block's spikes. */
function shiftAll(block: Block, reach: number): void {
  const near = new Uint8Array(blockSteps);
  for (const spike of block.spikes) for (let k = 0; k <= reach; k++) near[(spike + k) % blockSteps] = 1;
  const at = Array.from(block.events.keys()).filter((i) => block.events[i]! > 0);
  const total = at.reduce((sum, i) => sum + block.events[i]!, 0);
  const shifts = new Float64Array(total + 1);
  for (let shift = 0; shift < blockSteps; shift++) {
    let inside = 0;
    for (const i of at) inside += near[(i - shift + blockSteps) % blockSteps]! * block.events[i]!;
    shifts[inside]!++;
    if (shift === 0) block.near = inside;
  }
  block.shifts = shifts.map((count) => count / blockSteps);
  block.mean = block.shifts.reduce((sum, share, count) => sum + share * count, 0);
  block.variance = block.shifts.reduce((sum, share, count) => sum + share * (count - block.mean) ** 2, 0);
}

/** Adds up blocks: the sum of independent shifts of each. */
function summed(blocks: readonly Block[]): EventStudy {
  let [spikes, near, expected, variance] = [0, 0, 0, 0];
  const varied = blocks.filter((block) => block.shifts!.length > 1 && block.spikes.size > 0);
  for (const block of blocks) spikes += block.spikes.size;
  for (const block of varied) {
    near += block.near;
    expected += block.mean;
    variance += block.variance;
  }
  const deviation = Math.sqrt(variance);
  const common = { spikes, near, expected, deviation };
  if (expected === 0) return { ...common, rateRatio: Number.NaN, p: Number.NaN, detectable: Infinity };
  const most = varied.reduce((sum, { shifts }) => sum + shifts!.length - 1, 0);
  const p = most <= exactUpTo ? exactTail(varied, near) : 1 - normalCdf((near - 0.5 - expected) / deviation);
  // Found at 5 % from expected + 1.645 deviations on; in 80 % of cases 0.842 deviations above that.
  const detectable = 1 + ((1.645 + 0.842) * deviation) / expected;
  return { ...common, rateRatio: near / expected, p, detectable: variance > 0 ? detectable : Infinity };
}

/** `P(sum >= near)` of independent counts, each with the distribution of its block's shifts. */
function exactTail(blocks: readonly Block[], near: number): number {
  let all = Float64Array.of(1);
  for (const { shifts } of blocks) {
    const longer = new Float64Array(all.length + shifts!.length - 1);
    for (let i = 0; i < all.length; i++) {
      if (all[i] === 0) continue;
      for (let j = 0; j < shifts!.length; j++) longer[i + j]! += all[i]! * shifts![j]!;
    }
    all = longer;
  }
  return Math.min(
    1,
    all.subarray(near).reduce((sum, share) => sum + share, 0),
  );
}
