/** A corpus made ready to train on: loaded, tokenized, split, counted and hashed. */
import { createHash } from "node:crypto";
import type { Corpus, CorpusSpec, Document, Documents } from "../contract/corpus.ts";
import { ExperimentError, invalidData, invalidPlugin, reasonOf } from "../errors/errors.ts";
import { type Split, type SplitOptions, sizeOfSplit, splitDocuments } from "./split.ts";
import { tokenize } from "./tokenizers/load.ts";
import type { Tokenizer, TokenizerName } from "./tokenizers/tokenizer.ts";
import { countWindows } from "./windows.ts";

/** What one side of the split holds. */
export interface Counts {
  readonly documents: number;
  readonly tokens: number;
  /** Windows of n_ctx + 1 tokens. */
  readonly windows: number;
}

export interface Dataset {
  readonly d_vocab: number;
  readonly train: Split;
  readonly eval: Split;
  readonly counts: {
    readonly train: Counts;
    readonly eval: Counts;
    /** Documents shorter than n_ctx + 1 tokens: no window fits, so they are in neither side. */
    readonly short: Omit<Counts, "windows">;
  };
  /** Absent when the corpus gave token ids. */
  readonly tokenizer?: Tokenizer;
  /** sha256 (hex) of the token stream: tokenizer, vocabulary, documents' lengths, ids. Says nothing of the split. */
  readonly hash: string;
  /** For run.json: what the corpus says of itself, tokenizer, counts and hash. */
  readonly source: Readonly<Record<string, unknown>>;
}

export interface DatasetOptions extends SplitOptions {
  readonly corpus: Corpus;
  /** As the corpus's own schema parsed them. */
  readonly options: unknown;
  /** Folder of the config file. */
  readonly baseDir: string;
  /** Has no say when the corpus gives token ids. */
  readonly tokenizer: TokenizerName;
}

/** Loads a corpus. Throws `data.invalid` when there is not a window to train on and another to evaluate on. */
export async function loadDataset(request: DatasetOptions): Promise<Dataset> {
  const { corpus } = request;
  const where = `corpus \`${corpus.name}\``;
  const loaded = await loadedFrom(corpus, request.options, request.baseDir);
  const { documents, d_vocab, tokenizer } = await tokenized(loaded, request.tokenizer, corpus.name);
  const splits = splitDocuments(documents, request, where);

  const countsOf = (split: Split) => ({ ...sizeOfSplit(split), windows: countWindows(split, request.n_ctx) });
  const short = documents.filter((ids) => ids.length <= request.n_ctx);
  const counts = {
    train: countsOf(splits.train),
    eval: countsOf(splits.eval),
    short: { documents: short.length, tokens: short.reduce((sum, ids) => sum + ids.length, 0) },
  };
  const hash = hashOf(documents, d_vocab, tokenizer);
  return {
    d_vocab,
    train: splits.train,
    eval: splits.eval,
    counts,
    ...(tokenizer && { tokenizer }),
    hash,
    source: {
      ...loaded.source,
      corpus: corpus.name,
      tokenizer: tokenizer?.name ?? "none",
      d_vocab,
      split: splits.by,
      ...counts,
      sha256: hash,
    },
  };
}

async function loadedFrom(corpus: Corpus, options: unknown, baseDir: string): Promise<Documents> {
  try {
    return await (corpus as unknown as CorpusSpec<unknown>).load(options, baseDir);
  } catch (thrown) {
    if (thrown instanceof ExperimentError) throw thrown;
    throw invalidData(`corpus \`${corpus.name}\``, `load failed: ${reasonOf(thrown)}`, thrown);
  }
}

interface Tokenized {
  readonly documents: readonly Uint16Array[];
  readonly d_vocab: number;
  readonly tokenizer?: Tokenizer;
}

async function tokenized({ documents, d_vocab }: Documents, name: TokenizerName, corpus: string): Promise<Tokenized> {
  const where = `corpus \`${corpus}\``;
  if (documents.length === 0) throw invalidData(where, "expected documents, got none.");
  if (documents.every((document) => typeof document === "string")) {
    const { tokenizer, documents: ids } = await tokenize(documents, name);
    return { documents: ids, d_vocab: tokenizer.d_vocab, tokenizer };
  }
  if (!documents.every(isTokens)) {
    throw invalidPlugin(corpus, "load: expected documents that are all strings or all Uint16Array.");
  }
  const highest = documents.map((ids) => ids.reduce((most, id) => Math.max(most, id), 0));
  const worst = highest.findIndex((id) => d_vocab !== undefined && id >= d_vocab);
  if (worst >= 0) {
    throw invalidData(where, `expected ids below d_vocab = ${d_vocab}, got ${highest[worst]} in document ${worst}.`);
  }
  return { documents, d_vocab: d_vocab ?? highest.reduce((most, id) => Math.max(most, id)) + 1 };
}

function isTokens(document: Document): document is Uint16Array {
  return document instanceof Uint16Array;
}

function hashOf(documents: readonly Uint16Array[], d_vocab: number, tokenizer: Tokenizer | undefined): string {
  const lengths = documents.map((ids) => ids.length);
  const vocabulary = tokenizer?.vocabulary === undefined ? null : Array.from(tokenizer.vocabulary);
  const head = JSON.stringify({ tokenizer: tokenizer?.name ?? null, d_vocab, vocabulary, lengths });
  const hash = createHash("sha256").update(head);
  for (const ids of documents) hash.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
  return hash.digest("hex");
}
