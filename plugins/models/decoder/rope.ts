/** What config.json files say of rotary positions: older ones at the top level, newer ones under `rope_parameters`. */
import { z } from "zod";

/** Stretched rotations are another computation, which is not built here. */
const plain = z.literal("default").optional().describe("Only plain rotary positions are computed.");

export const ropeKeys = {
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.null().optional(),
  rope_parameters: z
    .looseObject({
      rope_type: plain,
      rope_theta: z.number().positive().optional(),
      partial_rotary_factor: z.number().positive().max(1).optional(),
    })
    .nullish(),
};

/** The base of the rotations' frequencies; 10000 where nothing says otherwise. */
export function rotaryBase(
  config: {
    readonly rope_theta?: number | undefined;
    readonly rope_parameters?: { readonly rope_theta?: number | undefined } | null | undefined;
  },
  other?: number,
): number {
  return config.rope_parameters?.rope_theta ?? config.rope_theta ?? other ?? 10_000;
}
