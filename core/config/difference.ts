/** Where two configs differ. */
import { leavesOf } from "./leaves.ts";

/** A key with its two values; undefined where a config lacks the key. */
export interface Difference {
  readonly keyPath: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** Every key whose values differ, in the order of `a`, then those that only `b` has. */
export function differencesOf(a: unknown, b: unknown): Difference[] {
  const left = new Map(leavesOf(a).map(({ keyPath, value }) => [keyPath, value]));
  const right = new Map(leavesOf(b).map(({ keyPath, value }) => [keyPath, value]));
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((keyPath) => ({ keyPath, a: left.get(keyPath), b: right.get(keyPath) }))
    .filter((one) => JSON.stringify(one.a) !== JSON.stringify(one.b));
}
