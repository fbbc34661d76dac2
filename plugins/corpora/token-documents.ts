/** Where documents end in a file of token ids. */
import { type Ids, stretches, type TokenIds } from "../../core/arrays/token-ids.ts";

/** Each document ends with the separator; what follows the last one is a document too. Reads all ids. */
export function cutAtSeparators(ids: TokenIds, separator: number): TokenIds[] {
  const documents: TokenIds[] = [];
  let start = 0;
  let before = 0;
  for (const stretch of stretches(ids)) {
    for (let at = stretch.indexOf(separator); at >= 0; at = stretch.indexOf(separator, at + 1)) {
      documents.push(partOf(ids, start, before + at + 1));
      start = before + at + 1;
    }
    before += stretch.length;
  }
  if (start < ids.length) documents.push(partOf(ids, start, ids.length));
  return documents;
}

/** Ids behind an equal cut among which a separator is looked for. */
const near = 8192;

/**
 * As few documents as keep each within `span`, their lengths at most one apart. With a separator each goes on to the next one,
 * where that is near, so that what is cut there is between documents.
 */
export function equalSpans(ids: TokenIds, span: number, separator?: number): TokenIds[] {
  const count = Math.ceil(ids.length / span);
  const edges = Array.from({ length: count + 1 }, (_, i) => Math.floor((i * ids.length) / count));
  if (separator !== undefined) {
    for (let i = 1; i < count; i++) {
      const edge = edges[i]!;
      const at = ids.subarray(edge, Math.min(edge + near, edges[i + 1]!)).indexOf(separator);
      if (at >= 0) edges[i] = edge + at + 1;
    }
  }
  return Array.from({ length: count }, (_, i) => partOf(ids, edges[i]!, edges[i + 1]!)).filter(
    ({ length }) => length > 0,
  );
}

/** Ids `from` to `to` as ids of their own. */
function partOf(ids: TokenIds, from: number, to: number): TokenIds {
  return { length: to - from, subarray: (start, end): Ids => ids.subarray(from + start, from + end) };
}
