import { bytes } from "./bytes.ts";
import { compacted, occurringIds } from "./compact.ts";
import { loadGpt2 } from "./gpt2.ts";
import type { Tokenizer, TokenizerName } from "./tokenizer.ts";

/** The tokenizer of that name; with a run's `vocabulary`, the compacted one that the run was trained with. */
export async function loadTokenizer(name: TokenizerName, vocabulary?: Uint16Array): Promise<Tokenizer> {
  const tokenizer = name === "gpt2" ? await loadGpt2() : bytes;
  return vocabulary === undefined ? tokenizer : compacted(tokenizer, vocabulary);
}

/** Texts as ids of a tokenizer that has all of its own. */
export interface Tokenized {
  readonly tokenizer: Tokenizer;
  readonly documents: readonly Uint16Array[];
}

export async function tokenize(texts: readonly string[], name: TokenizerName): Promise<Tokenized> {
  const tokenizer = await loadTokenizer(name);
  return { tokenizer, documents: texts.map((text) => tokenizer.encode(text)) };
}

/** Renumbers the ids of documents, in place, to those that occur in them; bytes stay as they are. */
export function compactIds({ tokenizer, documents }: Tokenized): Tokenizer {
  if (tokenizer.name === "bytes") return tokenizer;
  const compact = compacted(tokenizer, occurringIds(documents, tokenizer.d_vocab));
  for (const ids of documents) compact.renumber(ids);
  return compact;
}
