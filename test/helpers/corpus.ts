import type { z } from "zod";
import {
  type Corpus,
  type CorpusSpec,
  type Document,
  type Documents,
  defineCorpus,
} from "../../core/contract/corpus.ts";

/** Loads a corpus with options as a user writes them: parsed by its schema first. */
export async function loadCorpus(corpus: Corpus, options: unknown, baseDir: string): Promise<Documents> {
  const parsed = (corpus.options as z.ZodType<unknown>).parse(options);
  return (corpus as unknown as CorpusSpec<unknown>).load(parsed, baseDir);
}

/** A corpus of the given documents. */
export function corpusOf(documents: readonly Document[], d_vocab?: number): Corpus {
  return defineCorpus({
    name: "given",
    summary: "Documents of a test.",
    options: undefined as never,
    load: () => ({ documents, ...(d_vocab !== undefined && { d_vocab }), source: { title: "given" } }),
  });
}
