/** Several runs of programs on one engine. */
import type { Engine } from "./engine.ts";

/** Results of `call` for each item, in order: all are asked for at once where the engine takes steps ahead, else each after the one before. */
export async function inTurn<T, R>(
  { stepsAhead = 1 }: Pick<Engine, "stepsAhead">,
  items: readonly T[],
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  if (stepsAhead > 1) return Promise.all(items.map(call));
  const results: R[] = [];
  for (const item of items) results.push(await call(item));
  return results;
}
