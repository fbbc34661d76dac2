/** A learning rate that falls in stairs. A schedule of one's own in one file. */
import { defineSchedule, type Schedule } from "reluscope";
import { z } from "zod";

export const stairs: Schedule = defineSchedule({
  name: "stairs",
  summary: "the rate falls by a factor at equal distances",
  options: z.strictObject({
    stairs: z.int().min(1).default(3).describe("Stretches of the run with a rate each."),
    factor: z.number().gt(0).max(1).default(0.3).describe("From one stair to the next."),
  }),
  create:
    ({ stairs, factor }, { lr, steps }) =>
    (step) =>
      lr * factor ** Math.floor(((step - 1) * stairs) / steps),
});
