/** What the ids of a run stand for, so that its record can be read without its tokenizer. */
import { isUtf8 } from "node:buffer";
import type { TokenText } from "../../contract/run.ts";
import { loadTokenizer } from "./load.ts";
import { type Tokenizer, tokenizerNames } from "./tokenizer.ts";

/** Every id of a tokenizer, in order: as text, or as bytes where it is a part of a character. */
export function vocabularyOf({ d_vocab, bytesOf }: Pick<Tokenizer, "d_vocab" | "bytesOf">): TokenText[] {
  return Array.from({ length: d_vocab }, (_, id) => {
    const bytes = bytesOf(id);
    return isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : Array.from(bytes);
  });
}

/** The vocabulary of ids that were made elsewhere, where the name that is on record is that of a tokenizer of this project. */
export function namedVocabulary(name: unknown): (() => Promise<TokenText[]>) | undefined {
  const known = tokenizerNames.find((one) => one === name);
  return known && (async () => vocabularyOf(await loadTokenizer(known)));
}
