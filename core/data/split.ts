/** Which documents train and which are held out. */

import { createRandom } from "../arrays/random.ts";
import { invalidData } from "../errors/errors.ts";

/** Some documents of a corpus: spans of one flat array of token ids, in corpus order. */
export interface Split {
  /** All tokens of the corpus; both splits share the array. */
  readonly tokens: Uint16Array;
  /** Where each document of this split starts in `tokens`. */
  readonly starts: Uint32Array;
  /** Where each document ends, exclusive. */
  readonly ends: Uint32Array;
}

export interface Splits {
  readonly train: Split;
  readonly eval: Split;
  /** `documents`: whole ones are held out. `tail`: the end of the only document that is long enough. */
  readonly by: "documents" | "tail";
}

export interface SplitOptions {
  /** Share of the documents that is held out; at least one is, and at least one is not. */
  readonly eval_fraction: number;
  readonly n_ctx: number;
  readonly seed: number;
}

/**
 * Splits documents by lot. Documents shorter than n_ctx + 1 tokens have no window and belong to neither side. One lot is drawn
 * for each document, so that runs that differ in n_ctx hold out the same ones as far as those are long enough.
 * Throws `data.invalid` when either side would have no window; `where` names the corpus.
 */
export function splitDocuments(documents: readonly Uint16Array[], options: SplitOptions, where: string): Splits {
  const { eval_fraction, n_ctx, seed } = options;
  const tokens = joined(documents);
  const spans: Span[] = [];
  for (const { length } of documents) {
    const start = spans.at(-1)?.end ?? 0;
    spans.push({ start, end: start + length });
  }
  const long = shuffledIndices(documents.length, seed).filter((i) => documents[i]!.length > n_ctx);
  const split = (chosen: readonly Span[]): Split => ({
    tokens,
    starts: Uint32Array.from(chosen, (span) => span.start),
    ends: Uint32Array.from(chosen, (span) => span.end),
  });

  if (long.length > 1) {
    const held = Math.min(long.length - 1, Math.max(1, Math.round(eval_fraction * long.length)));
    const inOrder = (indices: readonly number[]) => split(indices.toSorted((a, b) => a - b).map((i) => spans[i]!));
    return { eval: inOrder(long.slice(0, held)), train: inOrder(long.slice(held)), by: "documents" };
  }
  const only = long.length === 1 ? spans[long[0]!]! : undefined;
  const least = n_ctx + 1;
  if (only === undefined || only.end - only.start < 2 * least) throw tooShort(documents, n_ctx, where);
  const tail = Math.round(eval_fraction * (only.end - only.start));
  const cut = Math.min(only.end - least, Math.max(only.start + least, only.end - tail));
  return { train: split([{ start: only.start, end: cut }]), eval: split([{ start: cut, end: only.end }]), by: "tail" };
}

/** Documents and tokens of a split. */
export function sizeOfSplit(split: Split): { readonly documents: number; readonly tokens: number } {
  const tokens = split.starts.reduce((sum, start, i) => sum + split.ends[i]! - start, 0);
  return { documents: split.starts.length, tokens };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function joined(documents: readonly Uint16Array[]): Uint16Array {
  const tokens = new Uint16Array(documents.reduce((sum, ids) => sum + ids.length, 0));
  let at = 0;
  for (const ids of documents) {
    tokens.set(ids, at);
    at += ids.length;
  }
  return tokens;
}

function shuffledIndices(length: number, seed: number): number[] {
  const random = createRandom(seed, "split of documents");
  const lots = Array.from({ length }, () => random.next());
  return lots.map((_, i) => i).sort((a, b) => lots[a]! - lots[b]! || a - b);
}

function tooShort(documents: readonly Uint16Array[], n_ctx: number, where: string) {
  const total = documents.reduce((sum, ids) => sum + ids.length, 0);
  const longest = documents.reduce((most, ids) => Math.max(most, ids.length), 0);
  const got =
    documents.length === 1 ? `one of ${total}` : `${documents.length} with ${total} in all, the longest ${longest}`;
  const need = `two documents of at least n_ctx + 1 = ${n_ctx + 1} tokens, or one of ${2 * (n_ctx + 1)}`;
  return invalidData(where, `expected ${need}, got ${got}. Give it more text or use a smaller model.n_ctx.`);
}
