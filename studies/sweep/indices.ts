/** Indices of runs as a command line has them: `3`, `5-9`, `3,5-9,12`. */
import { invalidIndices } from "../../core/errors/errors.ts";

/** Reads them, in rising order, each once. Throws `usage`. */
export function parseIndices(text: string, flag: string): number[] {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(last ?? first) < Number(first)) throw invalidIndices(flag, text);
    for (let index = Number(first); index <= Number(last ?? first); index++) found.add(index);
  }
  return [...found].sort((a, b) => a - b);
}

/** Every N-th of some indices, from the I-th on, for `--share I/N`. Throws `usage`. */
export function shareOf(indices: readonly number[], share: string): number[] {
  const [, first, count] = /^(\d{1,7})\/(\d{1,7})$/.exec(share) ?? [];
  if (first === undefined || Number(first) >= Number(count))
    throw invalidIndices("--share", share, "I/N with I < N, such as 0/4");
  return indices.filter((_, i) => i % Number(count) === Number(first));
}
