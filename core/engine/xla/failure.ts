/** What a failure of the plugin means for the user. */
import { reasonOf } from "../../errors/errors.ts";

/** XLA's own words, with what helps where that is known. */
export function failureOf(thrown: unknown): string {
  const reason = reasonOf(thrown).trim().replace(/\.$/, "");
  if (!/RESOURCE_EXHAUSTED|out of memory/i.test(reason)) return `${reason}.`;
  return `${reason}. It does not fit the device's memory: a smaller train.batch_size with train.accumulate takes less, and so do more devices (engine.devices).`;
}
