/** The text that a published model reads: any corpus, in that model's own tokens. */
import { type Corpus, type CorpusSpec, type Document, defineCorpus } from "../../core/contract/corpus.ts";
import type { HubTokenizer } from "../../core/data/tokenizers/hub.ts";
import type { Batch } from "../../core/data/windows.ts";
import { tooManyIds } from "../../core/errors/errors.ts";

/** A corpus in the ids of a tokenizer, and how much text a token is. */
export interface TokenizedCorpus {
  readonly corpus: Corpus;
  /** UTF-8 bytes for each token, once it has been loaded; undefined where the corpus gave ids. */
  bytesPerToken(): number | undefined;
}

/** Ids are 16 bits wide everywhere. */
const mostIds = 65_536;

/** The same documents, those that are text as ids of `tokenizer`. Ids are not compacted: the model has a row for each. */
export function tokenizedCorpus(corpus: Corpus, tokenizer: HubTokenizer, d_vocab: number): TokenizedCorpus {
  const spec = corpus as unknown as CorpusSpec<unknown>;
  let [bytes, tokens] = [0, 0];
  const encoded = (document: Document): Uint16Array => {
    if (typeof document !== "string") return document;
    const ids = tokenizer.encode(document);
    bytes += Buffer.byteLength(document);
    tokens += ids.length;
    if (ids.some((id) => id >= Math.min(d_vocab, mostIds)))
      throw tooManyIds(tokenizer.file, Math.min(d_vocab, mostIds));
    return Uint16Array.from(ids);
  };
  return {
    bytesPerToken: () => (tokens === 0 ? undefined : bytes / tokens),
    corpus: defineCorpus({
      ...spec,
      load: async (options: unknown, baseDir) => {
        const { documents, source } = await spec.load(options, baseDir);
        return { documents: documents.map(encoded), d_vocab, source: { ...source, tokenizer: tokenizer.file } };
      },
    }),
  };
}

/** Windows with what the model's family puts before every text: each begins with it and loses as many tokens at its end. */
export function withLeading({ tokens, targets }: Batch, leading: readonly number[]): Batch {
  if (leading.length === 0) return { tokens, targets };
  const [rows, width] = tokens.shape as [number, number];
  const led = { tokens: new Int32Array(rows * width), targets: new Int32Array(rows * width) };
  const lead = leading.slice(0, width);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * width, (row + 1) * width];
    const text = [...lead, ...tokens.data.subarray(from, to), targets.data[to - 1]!];
    led.tokens.set(text.slice(0, width), from);
    led.targets.set(text.slice(1, width + 1), from);
  }
  const shape = [rows, width];
  return { tokens: { shape, data: led.tokens }, targets: { shape, data: led.targets } };
}
