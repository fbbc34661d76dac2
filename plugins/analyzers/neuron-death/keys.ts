/** Keys of saved arrays. */
import type { Arrays, NDArray } from "../../../core/arrays/ndarray.ts";

/** The same arrays with `name/` before their keys, and back. */
export function prefixed(name: string, arrays: Arrays): Record<string, NDArray> {
  return Object.fromEntries(Object.entries(arrays).map(([key, array]) => [`${name}/${key}`, array]));
}
/** The arrays under `name/`, without it. */
export function under(name: string, arrays: Arrays): Record<string, NDArray> {
  const mine = Object.entries(arrays).filter(([key]) => key.startsWith(`${name}/`));
  return Object.fromEntries(mine.map(([key, array]) => [key.slice(name.length + 1), array]));
}
