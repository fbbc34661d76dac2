/** Options of neuron-death. */
import { z } from "zod";

const count = z.int().min(1);

/** The schema: descriptions and defaults are those of `experiment plugins neuron-death`. */
export const options = z.strictObject({
  window_tokens: count
    .default(32_768)
    .describe("Tokens in a window; states are judged at its close. Rounded to whole sequences."),
  start_tokens: z
    .int()
    .min(0)
    .optional()
    .describe("Tokens before bookkeeping begins; default: the warm-up, in which many units are silent and come back."),
  revival_share: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe(
      "A unit is dead once silent for so long that at most this share of units silent as long fire within as long again.",
    ),
  frozen_every: count.default(10).describe("Steps between looks at the frozen held-out sequences."),
  frozen_sequences: count.default(4).describe("Frozen held-out sequences."),
  followed_units: count
    .optional()
    .describe(
      "Most units of a layer whose drift is followed, their weights going to the host: all, or where there are more a random sample that the seed decides. Default: all of up to 1024; of more, as many as cost at most 0.5 % of a step's time, estimated from the sizes of model and batch, and 32 MiB a look, but not fewer than 512.",
    ),
  reach: count.default(100).describe("Steps before its last firing over which a death is explained."),
  per_unit: z
    .boolean()
    .default(false)
    .describe(
      "Record each unit's firing threshold, margin and gradient at frozen looks as well, for pages of units: 12 bytes a unit.",
    ),
});
/** Options with every default filled in. */
export type Options = z.output<typeof options>;
