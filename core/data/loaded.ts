/** What corpora give, checked and put together: documents as text or as token ids. */
import { highestId, isArray, type TokenIds } from "../arrays/token-ids.ts";
import { type Corpus, type CorpusSpec, type Document, type Documents, mostIdsRead } from "../contract/corpus.ts";
import { ExperimentError, invalidData, invalidPlugin, reasonOf } from "../errors/errors.ts";

/** A corpus and its options, as its own schema parsed them. */
export interface CorpusChoice {
  readonly plugin: Corpus;
  readonly options: unknown;
}

export type Content =
  | { readonly kind: "text"; readonly documents: readonly string[] }
  | {
      readonly kind: "ids";
      readonly documents: readonly TokenIds[];
      readonly d_vocab: number;
      readonly separator?: number;
      /** Whether there is more on the disk than is looked through, see `mostIdsRead`. */
      readonly vast: boolean;
    };

/** Calls the corpus; what it throws is an error of the data. */
export async function loadDocuments({ plugin, options }: CorpusChoice, baseDir: string): Promise<Documents> {
  const where = `corpus \`${plugin.name}\``;
  let loaded: Documents;
  try {
    loaded = await (plugin as unknown as CorpusSpec<unknown>).load(options, baseDir);
  } catch (thrown) {
    if (thrown instanceof ExperimentError) throw thrown;
    throw invalidData(where, `load failed: ${reasonOf(thrown)}`, thrown);
  }
  if (loaded.documents.length === 0) throw invalidData(where, "expected documents, got none.");
  return loaded;
}

/** The content of one corpus, or of two in one vocabulary. Throws `data.invalid` or `plugin.invalid` where they do not fit. */
export function contentOf(corpora: readonly Documents[], names: readonly string[]): Content {
  const documents = corpora.flatMap((corpus) => corpus.documents);
  const where = `corpus \`${names.join("` and `")}\``;
  if (documents.every((document) => typeof document === "string")) return { kind: "text", documents };
  if (!documents.every(isTokens)) {
    const problem = "expected documents that are all strings or all token ids (Uint16Array, Uint32Array).";
    if (corpora.length > 1) throw invalidData(where, problem);
    throw invalidPlugin(names[0] ?? "", `load: ${problem}`);
  }
  const vast = isVast(documents);
  const given = corpora.flatMap(({ d_vocab }) => d_vocab ?? []);
  const known = given.length === corpora.length;
  if (vast && !known) {
    const problem = `expected d_vocab, the size of its vocabulary: it has more than ${mostIdsRead} ids, too many to look for the highest.`;
    throw invalidData(where, problem);
  }
  // What is on the disk is looked through once, for its fingerprint: who gives it by position checks the ids meanwhile.
  const highest = documents.map((ids) => (known && !isArray(ids) ? 0 : highestId(ids)));
  const d_vocab = given.length > 0 ? Math.max(...given) : highest.reduce((most, id) => Math.max(most, id)) + 1;
  const worst = highest.findIndex((id) => id >= d_vocab);
  if (worst >= 0) {
    throw invalidData(where, `expected ids below d_vocab = ${d_vocab}, got ${highest[worst]} in document ${worst}.`);
  }
  if (d_vocab < 2)
    throw invalidData(where, "expected at least two different ids, got one: there is nothing to predict.");
  const separators = new Set(corpora.map(({ separator }) => separator));
  const [separator] = separators;
  const ends = separators.size === 1 && separator !== undefined;
  return { kind: "ids", documents, d_vocab, vast, ...(ends && { separator }) };
}

function isTokens(document: Document): document is TokenIds {
  if (typeof document === "string") return false;
  return ArrayBuffer.isView(document) ? isArray(document) : typeof document.subarray === "function";
}

function isVast(documents: readonly TokenIds[]): boolean {
  return documents.reduce((sum, ids) => sum + (isArray(ids) ? 0 : ids.length), 0) > mostIdsRead;
}
