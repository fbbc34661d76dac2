import { z } from "zod";
import type { TokenIds } from "../../core/arrays/token-ids.ts";
import { defineCorpus, mostIdsRead } from "../../core/contract/corpus.ts";
import { mostVocabulary, type Tokenized } from "../../core/contract/tokenized.ts";
import { invalidData } from "../../core/errors/errors.ts";
import { bytesOf, isPacked, unseen } from "./content.ts";
import { createEqualFiles } from "./equal-files.ts";
import { filesOption, filesSource, findFiles, passedOver, type SourceFile } from "./files.ts";
import { bytesInMemory, bytesOnDisk } from "./open-files.ts";
import { cutAtSeparators, equalSpans } from "./token-documents.ts";
import { TokenFile } from "./token-file.ts";
import { formatOf } from "./token-format.ts";
import { tokenizedOf } from "./tokenized.ts";

/** Bytes of a file that are looked at to find out its format. */
const head = 2 ** 20;

/** Spans that a corpus that is not read through is cut into, about. */
const vastSpans = 4096;

/** Token ids as nanoGPT, llm.c and NumPy write them, and as `experiment tokenize` does. They stay on the disk. */
export const tokens = defineCorpus({
  name: "tokens",
  summary:
    "Token ids: .bin (`experiment tokenize`, nanoGPT's uint16, uint32, llm.c's shards) or .npy; a document ends at a separator id or is an equal span.",
  options: z.strictObject({
    files: filesOption,
    d_vocab: z
      .int()
      .min(2)
      .max(mostVocabulary)
      .optional()
      .describe("Size of the vocabulary; default: what the .json beside the file says, else the highest id + 1."),
    dtype: z
      .enum(["auto", "uint16", "uint32"])
      .default("auto")
      .describe(
        "How a .bin without a header stores its ids, little-endian; auto: as the .json beside it says, else uint32 where d_vocab is above 65536 or every second 16 bits are zero.",
      ),
    separator: z
      .int()
      .min(0)
      .max(mostVocabulary - 1)
      .optional()
      .describe(
        "Id that ends a document and stays its last token, such as 50256 for GPT-2's `<|endoftext|>`; default: what the .json beside the file says.",
      ),
    span: z
      .int()
      .min(2)
      .default(16384)
      .describe(
        `Without a separator: each file is cut into equal documents of at most this many tokens. A corpus of more than 2^31 tokens is always cut so, into about ${vastSpans}.`,
      ),
  }),
  async load(options, baseDir) {
    const { files: wanted, dtype, span } = options;
    const { files, notes } = await findFiles(wanted, baseDir, [".bin", ".npy"], "data.corpus.tokens.files");
    const said = new Map(files.map((file) => [file, tokenizedOf(file)]));
    const agreed = agreedOn(said);
    const d_vocab = options.d_vocab ?? agreed?.d_vocab;
    const separator = options.separator ?? agreed?.separator ?? undefined;

    const opened: TokenFile[] = [];
    const read: SourceFile[] = [];
    const formats = new Set<string>();
    const guessed: string[] = [];
    const equal: string[] = [];
    const equalTo = createEqualFiles();
    let bytes = 0;
    for (const file of files) {
      const onDisk = bytesOnDisk(file);
      const content = isPacked(file, onDisk) ? bytesInMemory(await bytesOf(file, unseen())) : onDisk;
      const stored = dtype !== "auto" ? dtype : (said.get(file)?.dtype ?? ((d_vocab ?? 0) > 65_536 ? "uint32" : dtype));
      const format = formatOf(
        Buffer.from(content.read(0, Math.min(head, content.size))),
        content.size,
        stored,
        file.shown,
      );
      const first = equalTo(content, file.shown);
      if (first !== undefined) {
        equal.push(`${file.shown} equals ${first}`);
        continue;
      }
      opened.push(new TokenFile(file.shown, content, format, d_vocab));
      read.push(file);
      bytes += content.size;
      formats.add(format.name);
      if (format.guessed) guessed.push(file.shown);
    }
    const all = opened.reduce((sum, { length }) => sum + length, 0);
    const vast = all > mostIdsRead;
    if (vast && d_vocab === undefined) {
      const problem = `expected a number: the files have ${all} ids, too many to look for the highest. GPT-2's vocabulary has 50257.`;
      throw invalidData("data.corpus.tokens.d_vocab", problem);
    }
    const least = vast ? Math.ceil(all / vastSpans) : 0;
    const documents = opened.flatMap((file): readonly TokenIds[] =>
      separator === undefined || vast
        ? equalSpans(file, Math.max(span, least), separator)
        : cutAtSeparators(file, separator),
    );
    const told = [...notes, ...passedOver(equal, "equal to others"), ...guesses(guessed)];
    return {
      documents,
      ...(d_vocab !== undefined && { d_vocab }),
      ...(separator !== undefined && { separator }),
      ...(told.length > 0 && { notes: told }),
      source: {
        ...filesSource(read, bytes),
        formats: [...formats],
        ...(agreed && { tokenized: { tokenizer: agreed.tokenizer, ...agreed.source } }),
      },
    };
  },
});

function guesses(files: readonly string[]): string[] {
  if (files.length === 0) return [];
  const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
  return [`${files[0]}${more}: every second 16 bits are zero, so read as uint32. \`dtype\` says otherwise.`];
}

/** What stands beside the files, which must be of one vocabulary; undefined where nothing does. */
function agreedOn(said: ReadonlyMap<SourceFile, Tokenized | undefined>): Tokenized | undefined {
  const known = [...said].flatMap(([file, one]) => (one ? [{ file, one }] : []));
  const [first] = known;
  if (first === undefined) return undefined;
  const vocabulary = ({ tokenizer, d_vocab, separator }: Tokenized) =>
    `tokenizer ${tokenizer}, d_vocab ${d_vocab}, separator ${separator}`;
  const other = known.find(({ one }) => vocabulary(one) !== vocabulary(first.one));
  if (other === undefined) return first.one;
  const problem = `expected one vocabulary, got ${vocabulary(first.one)} for ${first.file.shown} and ${vocabulary(other.one)} for it.`;
  throw invalidData(other.file.shown, problem);
}
