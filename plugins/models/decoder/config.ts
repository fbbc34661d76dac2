/** Parts of the schemas that config.json files are read by. */
import { z } from "zod";
import { hubNames } from "./activations.ts";

export const count = z.int().min(1);

/** An activation by Hugging Face's name. */
export const activation = z
  .string()
  .refine((name) => Object.hasOwn(hubNames, name), `an activation of ${Object.keys(hubNames).join(", ")}`);

/** A key that changes what is computed in a way that is not built here: any other value is refused. */
export function only<const T extends boolean | null>(value: T) {
  return z.literal(value).optional();
}
