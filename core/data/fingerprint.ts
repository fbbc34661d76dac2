/** What tells two datasets apart: of the text, and of the way it is split. */
import { createHash } from "node:crypto";
import type { Sides } from "./split.ts";

/**
 * sha256 (hex) of documents' ends and ids, and of whose ids they are: the tokenizer's own, before any are renumbered, or
 * `none`. Says nothing of the split.
 */
export function hashOfText(documents: readonly Uint16Array[], tokenizer: string, d_vocab: number): string {
  const lengths = documents.map((ids) => ids.length);
  const hash = createHash("sha256").update(JSON.stringify({ tokenizer, d_vocab, lengths }));
  for (const ids of documents) hash.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
  return hash.digest("hex");
}

/** sha256 (hex) of which pieces are on which side and of what stands between those that are joined. */
export function hashOfSplit({ train, eval: held }: Sides, separator: ArrayLike<number> | undefined): string {
  const hash = createHash("sha256").update(JSON.stringify(separator ? Array.from(separator) : null));
  for (const pieces of [train, held]) {
    const places = new Uint32Array(3 * pieces.length);
    pieces.forEach(({ document, start, end }, i) => {
      places.set([document, start, end], 3 * i);
    });
    hash.update(`${pieces.length}`).update(places);
  }
  return hash.digest("hex");
}

/** How many held-out documents of some length are, id for id, also in the training text. */
export function repeatedDocuments(
  documents: readonly Uint16Array[],
  { train, eval: held }: Sides,
  least: number,
): number {
  const keyOf = (ids: Uint16Array) =>
    createHash("sha256")
      .update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
      .digest("base64");
  const long = (pieces: Sides["train"]) => {
    const numbers = new Set(pieces.map(({ document }) => document));
    return [...numbers].filter((number) => documents[number]!.length >= least);
  };
  const trained = new Set(long(train));
  const keys = new Set([...trained].map((number) => keyOf(documents[number]!)));
  return long(held).filter((number) => !trained.has(number) && keys.has(keyOf(documents[number]!))).length;
}

/** sha256 (hex) of a list of ids, such as a vocabulary. */
export function hashOfIds(ids: Uint16Array): string {
  return createHash("sha256")
    .update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
    .digest("hex");
}
