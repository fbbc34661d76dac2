/** Compaction: ids renumbered without gaps, so that the embedding has no rows for tokens that never occur. */
import { internal, invalidData, shown } from "../../errors/errors.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The ids that occur, ascending: position is the compact id, value the tokenizer's own. */
export function occurringIds(documents: readonly Uint16Array[], d_vocab: number): Uint16Array {
  const occurs = new Uint8Array(d_vocab);
  for (const ids of documents) for (let i = 0; i < ids.length; i++) occurs[ids[i]!] = 1;
  const vocabulary: number[] = [];
  occurs.forEach((yes, id) => {
    if (yes) vocabulary.push(id);
  });
  return Uint16Array.from(vocabulary);
}

/** The same tokenizer with the ids of `vocabulary` only, numbered by their place in it. */
export function compacted(
  tokenizer: Tokenizer,
  vocabulary: Uint16Array,
): Tokenizer & { renumber(ids: Uint16Array): void } {
  const absent = 0xffff_ffff;
  const compactIds = new Uint32Array(tokenizer.d_vocab).fill(absent);
  vocabulary.forEach((id, compact) => {
    if (id >= tokenizer.d_vocab)
      throw internal(`the vocabulary names id ${id}, ${tokenizer.name} has ${tokenizer.d_vocab}`);
    compactIds[id] = compact;
  });

  /** Replaces own ids by compact ones, in place. */
  function renumber(ids: Uint16Array): void {
    for (let i = 0; i < ids.length; i++) {
      const compact = compactIds[ids[i]!]!;
      if (compact === absent) {
        const token = tokenizer.decode(ids.subarray(i, i + 1));
        throw invalidData(`tokenizer ${tokenizer.name}`, `the corpus of this run never has the token ${shown(token)}.`);
      }
      ids[i] = compact;
    }
  }

  const own = (ids: ArrayLike<number>) => Uint16Array.from(ids, (id) => vocabulary[id]!);
  return {
    name: tokenizer.name,
    d_vocab: vocabulary.length,
    vocabulary,
    separator: Array.from(tokenizer.separator, (id) => compactIds[id]!).filter((id) => id !== absent),
    encode(text) {
      const ids = tokenizer.encode(text);
      renumber(ids);
      return ids;
    },
    decode: (ids) => tokenizer.decode(own(ids)),
    bytesOf: (id) => (id < vocabulary.length ? tokenizer.bytesOf(vocabulary[id]!) : new Uint8Array()),
    byteLength: (ids) => tokenizer.byteLength(own(ids)),
    renumber,
  };
}
