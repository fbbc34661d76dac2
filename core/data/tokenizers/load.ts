import { bytes } from "./bytes.ts";
import { compacted, occurringIds } from "./compact.ts";
import { loadGpt2 } from "./gpt2.ts";
import type { Tokenizer, TokenizerName } from "./tokenizer.ts";

/** The tokenizer of that name; with a run's `vocabulary`, the compacted one that the run was trained with. */
export async function loadTokenizer(name: TokenizerName, vocabulary?: Uint16Array): Promise<Tokenizer> {
  const tokenizer = name === "gpt2" ? await loadGpt2() : bytes;
  return vocabulary === undefined ? tokenizer : compacted(tokenizer, vocabulary);
}

/** Texts as ids, and the tokenizer that they came from: for gpt2, compacted to the ids that occur in them. */
export async function tokenize(
  texts: readonly string[],
  name: TokenizerName,
): Promise<{ readonly tokenizer: Tokenizer; readonly documents: readonly Uint16Array[] }> {
  const tokenizer = await loadTokenizer(name);
  const documents = texts.map((text) => tokenizer.encode(text));
  if (name === "bytes") return { tokenizer, documents };
  const compact = compacted(tokenizer, occurringIds(documents, tokenizer.d_vocab));
  for (const ids of documents) compact.renumber(ids);
  return { tokenizer: compact, documents };
}
