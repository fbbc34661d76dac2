/** What a corpus must keep to beyond its types. */

import { highestId, stretches } from "../core/arrays/token-ids.ts";
import type { Corpus, Document, Documents } from "../core/contract/corpus.ts";
import { brokenContract } from "../core/errors/errors.ts";
import { acceptedOptions } from "./options.ts";

/**
 * Loads a corpus twice, with options as an rc file in the folder `baseDir` would give them. Throws when it is empty, when
 * the documents or their order differ, when token ids are beyond `d_vocab`, or when `source` is not plain JSON.
 */
export async function checkCorpus(
  plugin: Corpus,
  options: unknown = {},
  baseDir: string = process.cwd(),
): Promise<void> {
  const accepted = acceptedOptions(plugin, options) as never;
  const [first, second] = [await plugin.load(accepted, baseDir), await plugin.load(accepted, baseDir)];
  const { documents, d_vocab, source } = first;
  if (!documents.some(({ length }) => length > 0)) throw brokenContract(plugin.name, "it has no text");
  const differs = documents.findIndex((document, i) => !equal(document, second.documents[i]));
  if (differs >= 0 || documents.length !== second.documents.length) {
    throw brokenContract(plugin.name, `loaded twice, it differs at document ${Math.max(0, differs)}`);
  }
  for (const [i, document] of documents.entries()) checkIds(plugin, i, document, d_vocab);
  if (JSON.stringify(JSON.parse(JSON.stringify(source))) !== JSON.stringify(source) || !source) {
    throw brokenContract(plugin.name, "`source` must be plain JSON");
  }
}

function checkIds(plugin: Corpus, i: number, document: Document, d_vocab: Documents["d_vocab"]): void {
  if (typeof document === "string") return;
  if (d_vocab === undefined) throw brokenContract(plugin.name, "token ids need `d_vocab`");
  const highest = highestId(document);
  if (highest >= d_vocab)
    throw brokenContract(plugin.name, `document ${i} has the id ${highest}, d_vocab is ${d_vocab}`);
}

function equal(a: Document, b: Document | undefined): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  if (b === undefined || a.length !== b.length) return false;
  const others = stretches(b);
  for (const ids of stretches(a)) {
    const same = others.next().value!;
    if (!ids.every((id, i) => id === same[i])) return false;
  }
  return true;
}
