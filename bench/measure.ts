/** Timing two things against each other on a machine that is never quite quiet. */

export type Clock = "wall" | "cpu";

/** Milliseconds of a clock that begins at some time; `cpu` is that of all threads of this process. */
export function readClock(clock: Clock): number {
  if (clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

/** How much time to spend. */
export interface Effort {
  readonly threads: number;
  /** What times are taken of: wall time, or the CPU time of a process, for a machine that has other things to do (and one thread: waiting threads spin). */
  readonly clock: Clock;
  readonly warmup: number;
  readonly rounds: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of what `b` takes over what `a` takes, neighbours compared: what a machine does for a while falls on both. */
export function ratioOf(a: readonly number[], b: readonly number[]): number {
  return median(a.map((time, i) => b[i]! / time));
}

/** Bytes, as the table has them. */
export const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** A median, as the table has it. */
export const ms = (values: readonly number[]): string => `${median(values).toFixed(1)} ms`;

type Timed = () => Promise<readonly number[]>;

/** Times of both, taken in turns, so that whatever else the machine does falls on both; the first `warmup` rounds are left out. */
export async function alternated(a: Timed, b: Timed, { warmup, rounds }: Effort): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let round = -warmup; round < rounds; round++) {
    for (const [i, run] of [a, b].entries()) {
      const took = await run();
      if (round >= 0) times[i]!.push(...took);
    }
  }
  return times;
}
