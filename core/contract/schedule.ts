/** Part of the contract: schedules, which give each step its learning rate. */
import type { z } from "zod";

/** Keys of `train` that schedules share, by the same names. */
export interface ScheduleSettings {
  /** The peak. */
  readonly lr: number;
  /** Where a decay ends, as a share of `lr`. */
  readonly min_lr: number;
  readonly warmup_steps: number;
  readonly steps: number;
}

/** A schedule. */
export interface ScheduleSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** Keys of `train` that it reads, beside `lr` and `steps`. One that is set in a config and not read is an error. */
  readonly reads?: readonly ("min_lr" | "warmup_steps")[];
  /** The learning rate of optimizer step `step`, the first being 1. A function of its arguments alone: a resumed run asks again. */
  create(options: O, settings: ScheduleSettings): (step: number) => number;
}

/** Any schedule, its type parameter forgotten. */
export interface Schedule extends ScheduleSpec<never> {
  readonly kind: "schedule";
}

/** Makes a schedule. */
export function defineSchedule<O>(spec: ScheduleSpec<O>): Schedule {
  return { kind: "schedule", ...spec } as unknown as Schedule;
}
