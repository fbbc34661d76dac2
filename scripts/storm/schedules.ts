/** A storm over the W&B sink: seeded schedules of faults, kills and, in every other one, a server that loses what it took; each run is synced until the server is well again. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { serverSchedule, type Verdict } from "../../test/helpers/server-schedule.ts";

/** What came of one schedule. */
export interface Schedule extends Verdict {
  /** Its server also lost what it took. */
  readonly forgetting: boolean;
}

/** Plays the schedule of this seed and number; schedules of other seeds are others. */
export async function playSchedule(folder: string, seed: number, number: number): Promise<Schedule> {
  const dir = join(folder, `schedule-${number}`);
  mkdirSync(dir);
  const forgetting = number % 2 === 1;
  const verdict = await serverSchedule(dir, seed * 1_000_000 + number, { forgetting }).finally(() =>
    rmSync(dir, { recursive: true }),
  );
  return { ...verdict, forgetting };
}

/** Whether it ended with all rows on the server, once each, and nothing said that did not hold. */
export function isWell({ lost, doubled, untrue }: Verdict): boolean {
  return lost.length + doubled + untrue.length === 0;
}
