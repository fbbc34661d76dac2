import { endianness } from "node:os";
import { z } from "zod";
import { defineCorpus } from "../../core/contract/corpus.ts";
import { invalidData } from "../../core/errors/errors.ts";
import { filesOption, filesSource, findFiles, readBytes, type SourceFile } from "./files.ts";

const id = z.int().min(0).max(65535);

/** Token ids as nanoGPT writes them: little-endian uint16, nothing else. */
export const tokens = defineCorpus({
  name: "tokens",
  summary:
    "Token ids: nanoGPT-style .bin of little-endian uint16; a document ends at a separator id or is an equal span.",
  options: z.strictObject({
    files: filesOption,
    d_vocab: z.int().min(1).max(65536).optional().describe("Size of the vocabulary; default: the highest id + 1."),
    separator: id
      .optional()
      .describe("Id that ends a document and stays its last token, such as 50256 for GPT-2's `<|endoftext|>`."),
    span: z
      .int()
      .min(2)
      .default(16384)
      .describe("Without a separator: each file is cut into equal documents of at most this many tokens."),
  }),
  async load({ files: wanted, d_vocab, separator, span }, baseDir) {
    const files = await findFiles(wanted, baseDir, [".bin"], "data.corpus.tokens.files");
    const documents: Uint16Array[] = [];
    let bytes = 0;
    for (const file of files) {
      const ids = await idsIn(file);
      bytes += ids.byteLength;
      if (d_vocab !== undefined) checkIds(ids, d_vocab, file.shown);
      for (const one of separator === undefined ? equalSpans(ids, span) : splitAfter(ids, separator))
        documents.push(one);
    }
    return { documents, ...(d_vocab !== undefined && { d_vocab }), source: filesSource(files, bytes) };
  },
});

async function idsIn(file: SourceFile): Promise<Uint16Array> {
  const bytes = await readBytes(file);
  if (bytes.length === 0) throw invalidData(file.shown, "expected uint16 token ids, got an empty file.");
  if (bytes.length % 2 !== 0) {
    throw invalidData(
      file.shown,
      `expected uint16 token ids, 2 bytes each, got ${bytes.length} bytes. It may be cut off.`,
    );
  }
  if (endianness() === "BE") bytes.swap16();
  // A small file's buffer may begin at an odd place of a shared one, which Uint16Array cannot view.
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

function checkIds(ids: Uint16Array, d_vocab: number, file: string): void {
  const at = ids.findIndex((one) => one >= d_vocab);
  if (at >= 0) throw invalidData(file, `expected ids below d_vocab = ${d_vocab}, got ${ids[at]} at token ${at}.`);
}

/** Views of `ids`, each ending with the separator; what follows the last one is a document too. */
function splitAfter(ids: Uint16Array, separator: number): Uint16Array[] {
  const documents: Uint16Array[] = [];
  for (let start = 0; start < ids.length; ) {
    const at = ids.indexOf(separator, start);
    const end = at < 0 ? ids.length : at + 1;
    documents.push(ids.subarray(start, end));
    start = end;
  }
  return documents;
}

/** As few views of `ids` as keep each within `span`, their lengths at most one apart. */
function equalSpans(ids: Uint16Array, span: number): Uint16Array[] {
  const count = Math.ceil(ids.length / span);
  const edge = (i: number) => Math.floor((i * ids.length) / count);
  return Array.from({ length: count }, (_, i) => ids.subarray(edge(i), edge(i + 1)));
}
