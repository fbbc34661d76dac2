/** Linear warm-up, then the same rate to the end. */
import { z } from "zod";
import { defineSchedule, type Schedule } from "../../core/contract/schedule.ts";
import { warmedUp } from "./warm-up.ts";

/** Schedule `constant`: linear up to `lr`, which then stays. */
export const constant: Schedule = defineSchedule({
  name: "constant",
  summary: "Linear warm-up, then lr to the end.",
  options: z.strictObject({}),
  reads: ["warmup_steps"],
  create: (_, { lr, warmup_steps }) => warmedUp(lr, warmup_steps, () => lr),
});
