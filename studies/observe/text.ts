/** The text that a published model reads: any corpus, in that model's own tokens. */
import type { NDArray } from "../../core/arrays/ndarray.ts";
import type { TokenIds } from "../../core/arrays/token-ids.ts";
import { type Corpus, type CorpusSpec, type Document, defineCorpus } from "../../core/contract/corpus.ts";
import type { TokenText } from "../../core/contract/run.ts";
import type { HubTokenizer } from "../../core/data/tokenizers/hub.ts";
import type { Batch } from "../../core/data/windows.ts";
import { tooManyIds } from "../../core/errors/errors.ts";

/** The same documents, those that are text as ids of `tokenizer`. Ids are not compacted: the model has a row for each. */
export function tokenizedCorpus(corpus: Corpus, tokenizer: HubTokenizer, d_vocab: number): Corpus {
  const spec = corpus as unknown as CorpusSpec<unknown>;
  const encoded = (document: Document): TokenIds => {
    if (typeof document !== "string") return document;
    const ids = tokenizer.encode(document);
    if (ids.some((id) => id >= d_vocab)) throw tooManyIds(tokenizer.file, d_vocab);
    return d_vocab > 65_536 ? Uint32Array.from(ids) : Uint16Array.from(ids);
  };
  return defineCorpus({
    ...spec,
    load: async (options: unknown, baseDir) => {
      const { documents, source } = await spec.load(options, baseDir);
      return { documents: documents.map(encoded), d_vocab, source: { ...source, tokenizer: tokenizer.file } };
    },
  });
}

/** UTF-8 bytes that a token of these rows `[batch pos]` stands for, mean. */
export function bytesPerToken({ shape, data }: NDArray<Int32Array>, tokenizer: HubTokenizer): number {
  const [rows, width] = shape as [number, number];
  let bytes = 0;
  for (let row = 0; row < rows; row++) {
    const ids = Array.from(data.subarray(row * width, (row + 1) * width));
    // Some decoders take a space off the front of a text: not off what has something before it.
    const before = ids.slice(0, 1);
    const length = (of: readonly number[]) => Buffer.byteLength(tokenizer.decode(of));
    bytes += length([...before, ...ids]) - length(before);
  }
  return bytes / data.length;
}

/** What each id stands for, in the order of ids; nothing for one that is a part of a character or that the tokenizer does not have. */
export function vocabularyOf(tokenizer: HubTokenizer, d_vocab: number): TokenText[] {
  // Some decoders take a space off the front of a text: not off what has something before it.
  const before = tokenizer.encode("a");
  const { length } = tokenizer.decode(before);
  return Array.from({ length: d_vocab }, (_, id) => {
    const text = id < tokenizer.d_vocab ? tokenizer.decode([...before, id]).slice(length) : "\ufffd";
    return text.includes("\ufffd") ? [] : text;
  });
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
