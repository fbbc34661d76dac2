/** Linear warm-up, then half a cosine. */
import { z } from "zod";
import { defineSchedule, type Schedule } from "../../core/contract/schedule.ts";
import { warmedUp } from "./warm-up.ts";

/**
 * Schedule `linear-cosine`: linear from `lr / warmup_steps` up to `lr`, then half a cosine down to `lr * min_lr`, which the last
 * step reaches (arXiv 1608.03983 without restarts).
 */
export const linearCosine: Schedule = defineSchedule({
  name: "linear-cosine",
  summary: "Linear warm-up, then half a cosine down to lr * min_lr at the last step.",
  options: z.strictObject({}),
  reads: ["warmup_steps", "min_lr"],
  create: (_, { lr, min_lr, warmup_steps, steps }) =>
    warmedUp(lr, warmup_steps, (step) => {
      const progress = Math.min(1, (step - warmup_steps) / Math.max(1, steps - warmup_steps));
      return lr * (min_lr + (1 - min_lr) * 0.5 * (1 + Math.cos(Math.PI * progress)));
    }),
});
