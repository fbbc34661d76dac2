/** Part of the contract: corpora, which give the trainer documents. */
import type { z } from "zod";
import type { Awaitable } from "./run.ts";

/** One document: text, or token ids where the corpus is tokenized already. */
export type Document = string | Uint16Array;

/** What a corpus yields, whole: documents in a fixed order. The trainer splits them by document and tokenizes them. */
export interface Documents {
  readonly documents: readonly Document[];
  /** For token ids: the size of the vocabulary. */
  readonly d_vocab?: number;
  /** Where the text came from, for run.json: name, licence, hash, files. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** A corpus: something to train on. */
export interface CorpusSpec<O> {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodType<O>;
  /** `baseDir` is the folder of the config file: relative paths start there. */
  load(options: O, baseDir: string): Awaitable<Documents>;
}

/** Any corpus, its type parameter forgotten. */
export interface Corpus extends CorpusSpec<never> {
  readonly kind: "corpus";
}

/** Makes a corpus. */
export function defineCorpus<O>(spec: CorpusSpec<O>): Corpus {
  return { kind: "corpus", ...spec } as unknown as Corpus;
}
