/** Part of the contract: corpora, which give the trainer documents. */
import type { z } from "zod";
import type { TokenIds } from "../arrays/token-ids.ts";
import type { Awaitable } from "./run.ts";

/**
 * One document: text, or token ids where the corpus is tokenized already: a Uint16Array, a Uint32Array, or anything else that
 * gives them by position (`TokenIds`), such as a part of a file that stays on the disk.
 */
export type Document = string | TokenIds;

/**
 * A corpus by position with more ids than this (4 GiB in 16 bits) is not looked through when it is opened: it must say its
 * `d_vocab`; its fingerprint is of samples, and the order of its windows is computed instead of drawn up.
 */
export const mostIdsRead = 2 ** 31;

/** What a corpus yields, whole: documents in a fixed order. The trainer tokenizes them and holds out a share of their tokens. */
export interface Documents {
  readonly documents: readonly Document[];
  /**
   * For token ids: the size of the vocabulary; where it is left out, all are read to find the highest. What gives them by
   * position throws when one that is read is not below it.
   */
  readonly d_vocab?: number;
  /** For token ids: the id that ends each document, if one does. With it documents shorter than a window are joined. */
  readonly separator?: number;
  /** What the user should be told once, a line each: files passed over because others equal them, a format that was guessed. */
  readonly notes?: readonly string[];
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
