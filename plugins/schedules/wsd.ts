/** Warm-up, stable, decay (arXiv 2404.06395, section 4). */
import { z } from "zod";
import { defineSchedule, type Schedule } from "../../core/contract/schedule.ts";
import { warmedUp } from "./warm-up.ts";

/** Schedule `wsd`: linear up to `lr`, which stays, and over the last steps falls linearly to `lr * min_lr`. */
export const wsd: Schedule = defineSchedule({
  name: "wsd",
  summary: "Warm-up, stable, decay: lr stays until the last steps, over which it falls linearly to lr * min_lr.",
  options: z.strictObject({
    decay_share: z.number().gt(0).max(1).default(0.1).describe("Share of all steps over which the rate falls."),
  }),
  reads: ["warmup_steps", "min_lr"],
  create: ({ decay_share }, { lr, min_lr, warmup_steps, steps }) => {
    const falling = Math.min(steps - warmup_steps, Math.ceil(decay_share * steps));
    return warmedUp(lr, warmup_steps, (step) => {
      const fallen = Math.min(1, Math.max(0, step - (steps - falling)) / Math.max(1, falling));
      return lr * (1 - (1 - min_lr) * fallen);
    });
  },
});
