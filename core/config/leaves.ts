/** The values of a config one by one. */
import { formatKeyPath } from "./key-path.ts";
import { isPlainObject } from "./shorthand.ts";

/** Everything in a config that is not a map of more keys; a map without keys counts as a value. */
export function leavesOf(
  value: unknown,
  path: readonly string[] = [],
): { readonly path: readonly string[]; readonly keyPath: string; readonly value: unknown }[] {
  if (!isPlainObject(value) || (path.length > 0 && Object.keys(value).length === 0)) {
    return [{ path, keyPath: formatKeyPath(path), value }];
  }
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}
