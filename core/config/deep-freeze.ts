/** Deep freezing. */
import { isPlainObject } from "./shorthand.ts";

/** Freezes plain objects and lists all the way down, in place; anything else is left alone. */
export function deepFreeze<T>(value: T): T {
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
