/** What tells two datasets apart: of the text, and of the way it is split. */
import { createHash } from "node:crypto";
import { type Ids, stretches, type TokenIds } from "../arrays/token-ids.ts";
import type { Sides } from "./split.ts";

/**
 * sha256 (hex) of documents' ends and ids, and of whose ids they are: the tokenizer's own, before any are renumbered, or
 * `none`. Says nothing of the split. Of a vast corpus only the first ids of each document and those in its middle are read.
 * `told` hears how far it is in a text that takes long, in whole percents.
 */
export function hashOfText(
  documents: readonly TokenIds[],
  tokenizer: string,
  d_vocab: number,
  vast = false,
  told?: (percent: number) => void,
): string {
  const lengths = documents.map((ids) => ids.length);
  const of = { tokenizer, d_vocab, lengths, ...(vast && { sample }) };
  const hash = createHash("sha256").update(JSON.stringify(of));
  const wide = d_vocab > 65_536;
  const total = vast ? 0 : lengths.reduce((sum, length) => sum + length, 0);
  let [done, last] = [0, 0];
  for (const ids of documents)
    for (const stretch of vast ? samplesOf(ids) : stretches(ids)) {
      hash.update(bytesOf(stretch, wide));
      done += stretch.length;
      const percent = Math.floor((100 * done) / total);
      if (total < longText || percent === last) continue;
      last = percent;
      told?.(percent);
    }
  return hash.digest("hex");
}

/** Ids from which on the fingerprint of a text is told of: some tenths of a second. */
const longText = 2 ** 26;

/** Ids of a sample. */
const sample = 512;

function* samplesOf(ids: TokenIds): Generator<Ids> {
  for (const start of [0, Math.floor(ids.length / 2)]) yield ids.subarray(start, Math.min(ids.length, start + sample));
}

/** Equal for equal ids, however they are stored. */
function bytesOf(ids: Ids, wide: boolean): Uint8Array {
  const same = wide === ids instanceof Uint32Array;
  const { buffer, byteOffset, byteLength } = same ? ids : wide ? Uint32Array.from(ids) : Uint16Array.from(ids);
  return new Uint8Array(buffer, byteOffset, byteLength);
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
export function repeatedDocuments(documents: readonly TokenIds[], { train, eval: held }: Sides, least: number): number {
  const keyOf = (ids: TokenIds) => {
    const hash = createHash("sha256");
    for (const stretch of stretches(ids)) hash.update(bytesOf(stretch, true));
    return hash.digest("base64");
  };
  const long = (pieces: Sides["train"]) => {
    const numbers = new Set(pieces.map(({ document }) => document));
    return [...numbers].filter((number) => documents[number]!.length >= least);
  };
  const trained = new Set(long(train));
  const others = long(held).filter((number) => !trained.has(number));
  if (others.length === 0) return 0;
  const keys = new Set([...trained].map((number) => keyOf(documents[number]!)));
  return others.filter((number) => keys.has(keyOf(documents[number]!))).length;
}

/** sha256 (hex) of a list of ids, such as a vocabulary. */
export function hashOfIds(ids: Uint16Array): string {
  return createHash("sha256").update(bytesOf(ids, false)).digest("hex");
}
