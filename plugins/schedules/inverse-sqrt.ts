/** Warm-up, then the inverse square root of the step (arXiv 1706.03762, section 5.3). */
import { z } from "zod";
import { defineSchedule, type Schedule } from "../../core/contract/schedule.ts";
import { warmedUp } from "./warm-up.ts";

/** Schedule `inverse-sqrt`: linear up to `lr`, then `lr sqrt(warmup_steps / step)`; it needs no last step. */
export const inverseSqrt: Schedule = defineSchedule({
  name: "inverse-sqrt",
  summary: "Linear warm-up, then lr * sqrt(warmup_steps / step): does not depend on how long the run is.",
  options: z.strictObject({}),
  reads: ["warmup_steps"],
  create: (_, { lr, warmup_steps }) =>
    warmedUp(lr, warmup_steps, (step) => lr * Math.sqrt(Math.max(1, warmup_steps) / step)),
});
