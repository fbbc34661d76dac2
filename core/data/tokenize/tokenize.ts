/** Writes a corpus of text as files of token ids, which the corpus `tokens` reads without a word from the user. */
import { availableParallelism } from "node:os";
import type { Documents } from "../../contract/corpus.ts";
import type { Tokenized } from "../../contract/tokenized.ts";
import { ExperimentError, invalidData, reasonOf } from "../../errors/errors.ts";
import { encodeAll } from "./encode.ts";
import { inParts, loadEncoder } from "./encoder.ts";
import { createShards } from "./shards.ts";

/** What to write. */
export interface TokenizeRequest {
  readonly corpus: Documents;
  /** Names the corpus in messages. */
  readonly name: string;
  /** `bytes`, `gpt2`, or the folder of a model with its tokenizer. */
  readonly tokenizer: string;
  /** The file, `NAME.bin`; several are `NAME-00000.bin` and so on. */
  readonly output: string;
  /** Tokens after which a file ends with its document. */
  readonly shardTokens: number;
  /** 0: as many as there are cores. */
  readonly threads: number;
  /** Replaces what an earlier call has written there. */
  readonly force: boolean;
  /** Is told how much of the text is done: UTF-16 units of all there are, and tokens so far. */
  readonly progress?: (done: number, total: number, tokens: number) => void;
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface TokenizedFiles extends Tokenized {
  /** Paths: the files and the JSON beside them. */
  readonly files: readonly string[];
  /** What its user may not expect, a line each. */
  readonly notes: readonly string[];
}

/** Text that a thread is given at once, UTF-16 units. */
const batchSize = 2 ** 20;

/** Throws `data.invalid` for what is no text, `run.io` where it cannot be written, and leaves nothing half done. */
export async function tokenizeToFiles(request: TokenizeRequest): Promise<TokenizedFiles> {
  const { corpus, name, output, signal } = request;
  const where = `corpus \`${name}\``;
  const texts = corpus.documents.map((document) => {
    if (typeof document === "string") return document;
    throw invalidData(where, "expected text, got token ids: it is tokenized already.");
  });
  const { name: tokenizer, d_vocab, separator } = await loadEncoder(request.tokenizer);
  const wide = d_vocab > 65_536;
  const end = separator === undefined ? undefined : wide ? Uint32Array.of(separator) : Uint16Array.of(separator);
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  const shards = createShards(output, request.shardTokens, request.force);
  let [done, tokens, documents, confused] = [0, 0, 0, 0];
  try {
    const pieces = [...batched(texts, tokenizer)];
    const threads = Math.min(pieces.length, request.threads || availableParallelism());
    const encoded = encodeAll(
      pieces.map((batch) => batch.map(({ text }) => text)),
      threads,
      { tokenizer: request.tokenizer, wide },
    );
    let at = 0;
    for await (const batch of encoded) {
      signal?.throwIfAborted();
      const parts = pieces[at]!;
      pieces[at++] = []; // the text is not needed any more
      for (const [i, ids] of batch.entries()) {
        const { text, last } = parts[i]!;
        if (separator !== undefined && ids.includes(separator)) confused++;
        shards.write(ids, last && end === undefined);
        if (last && end !== undefined) shards.write(end, true);
        tokens += ids.length + (last && end !== undefined ? 1 : 0);
        documents += Number(last);
        done += text.length;
      }
      request.progress?.(done, total, tokens);
    }
    if (tokens === documents) throw invalidData(where, "expected text, got none.");
    const said = (files: Tokenized["shards"]): Tokenized => ({
      format: "reluscope tokens 1",
      tokenizer,
      d_vocab,
      separator: separator ?? null,
      dtype: wide ? "uint32" : "uint16",
      documents,
      tokens,
      shards: files,
      source: corpus.source,
    });
    let written: Tokenized | undefined;
    const files = shards.finish((all) => {
      written = said([...all]);
      return written;
    });
    return { ...written!, files, notes: [...(corpus.notes ?? []), ...notesOf(separator, confused, tokenizer)] };
  } catch (thrown) {
    shards.discard();
    if (thrown instanceof ExperimentError || signal?.aborted) throw thrown;
    throw invalidData(where, `cannot be tokenized: ${reasonOf(thrown)}`, thrown);
  }
}

interface Part {
  readonly text: string;
  /** Whether the document ends with it. */
  readonly last: boolean;
}

/** Documents, and parts of long ones, in batches of about one size. */
function* batched(texts: readonly string[], tokenizer: string): Generator<Part[]> {
  let batch: Part[] = [];
  let size = 0;
  for (const whole of texts) {
    if (whole === "") continue;
    let left = whole.length;
    for (const text of inParts(whole, tokenizer, batchSize)) {
      left -= text.length;
      batch.push({ text, last: left === 0 });
      size += text.length;
      if (size < batchSize) continue;
      yield batch;
      batch = [];
      size = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

function notesOf(separator: number | undefined, confused: number, tokenizer: string): string[] {
  if (separator === undefined) {
    return [
      `${tokenizer} names no token that ends a document: documents follow each other, and \`tokens\` cuts equal spans.`,
    ];
  }
  if (confused === 0) return [];
  return [
    `${confused} stretches of the text hold the separator (id ${separator}) themselves: \`tokens\` ends documents there too.`,
  ];
}
