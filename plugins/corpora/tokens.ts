import { z } from "zod";
import { defineCorpus } from "../../core/contract/corpus.ts";
import { invalidData } from "../../core/errors/errors.ts";
import { bytesOf, unseen } from "./content.ts";
import { filesOption, filesSource, findFiles, passedOver, type SourceFile } from "./files.ts";
import { formatOf, idsOf } from "./token-format.ts";

const id = z.int().min(0).max(65535);

/** Token ids as nanoGPT, llm.c and NumPy write them. */
export const tokens = defineCorpus({
  name: "tokens",
  summary:
    "Token ids: .bin (nanoGPT's uint16, uint32, llm.c's shards) or .npy; a document ends at a separator id or is an equal span.",
  options: z.strictObject({
    files: filesOption,
    d_vocab: z.int().min(2).max(65536).optional().describe("Size of the vocabulary; default: the highest id + 1."),
    dtype: z
      .enum(["auto", "uint16", "uint32"])
      .default("auto")
      .describe(
        "How a .bin without a header stores its ids, little-endian; auto: uint32 where every second 16 bits are zero.",
      ),
    separator: id
      .optional()
      .describe("Id that ends a document and stays its last token, such as 50256 for GPT-2's `<|endoftext|>`."),
    span: z
      .int()
      .min(2)
      .default(16384)
      .describe("Without a separator: each file is cut into equal documents of at most this many tokens."),
  }),
  async load({ files: wanted, d_vocab, dtype, separator, span }, baseDir) {
    const { files, notes } = await findFiles(wanted, baseDir, [".bin", ".npy"], "data.corpus.tokens.files");
    const documents: Uint16Array[] = [];
    const read: SourceFile[] = [];
    const formats = new Set<string>();
    const guessed: string[] = [];
    const equal: string[] = [];
    const byContent = new Map<string, string>();
    let bytes = 0;
    for (const file of files) {
      const seen = unseen();
      const content = await bytesOf(file, seen);
      const format = formatOf(content, dtype, file.shown);
      const first = byContent.get(seen.sha256);
      if (first !== undefined) {
        equal.push(`${file.shown} equals ${first}`);
        continue;
      }
      const ids = idsOf(content, format, file.shown);
      byContent.set(seen.sha256, file.shown);
      read.push(file);
      bytes += seen.bytes;
      formats.add(format.name);
      if (format.guessed) guessed.push(file.shown);
      if (d_vocab !== undefined) checkIds(ids, d_vocab, file.shown);
      for (const one of separator === undefined ? equalSpans(ids, span) : splitAfter(ids, separator))
        documents.push(one);
    }
    const told = [...notes, ...passedOver(equal, "equal to others"), ...guesses(guessed)];
    return {
      documents,
      ...(d_vocab !== undefined && { d_vocab }),
      ...(separator !== undefined && { separator }),
      ...(told.length > 0 && { notes: told }),
      source: { ...filesSource(read, bytes), formats: [...formats] },
    };
  },
});

function guesses(files: readonly string[]): string[] {
  if (files.length === 0) return [];
  const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
  return [`${files[0]}${more}: every second 16 bits are zero, so read as uint32. \`dtype\` says otherwise.`];
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
