import { z } from "zod";
import { defineCorpus } from "../../core/contract/corpus.ts";
import { invalidData } from "../../core/errors/errors.ts";
import { bytesOf, chunksOf, type Seen, unseen } from "./content.ts";
import { filesOption, filesSource, findFiles, passedOver, type SourceFile } from "./files.ts";
import { textsInJson, textsInLines } from "./json.ts";
import { textOf } from "./utf8.ts";

const where = "data.corpus.text.files";
const extensions = [".txt", ".md", ".jsonl", ".ndjson"].flatMap((end) => [end, `${end}.gz`]);

/** Text files of your own: one document a file, or a line of .jsonl. */
export const text = defineCorpus({
  name: "text",
  summary:
    "Your own text: .txt, .md, .jsonl, .json and .gz of those; a document is a file, a line or an item, or ends at a separator.",
  options: z.strictObject({
    files: filesOption,
    field: z.string().min(1).default("text").describe("In .jsonl and .json, the field that holds a document's text."),
    separator: z
      .string()
      .min(1)
      .optional()
      .describe("Text that stands between documents inside a file, such as `<|endoftext|>`; it is left out."),
  }),
  async load({ files: wanted, field, separator }, baseDir) {
    const { files, notes } = await findFiles(wanted, baseDir, extensions, where);
    const documents: string[] = [];
    const read: SourceFile[] = [];
    const equal: string[] = [];
    const byContent = new Map<string, string>();
    let bytes = 0;
    for (const file of files) {
      const seen = unseen();
      const before = documents.length;
      for await (const one of textsOf(file, field, seen)) {
        for (const part of separator === undefined ? [one] : one.split(separator)) documents.push(part);
      }
      const first = seen.bytes > 0 ? byContent.get(seen.sha256) : undefined;
      if (first === undefined) {
        read.push(file);
        bytes += seen.bytes;
        byContent.set(seen.sha256, file.shown);
      } else {
        documents.length = before;
        equal.push(`${file.shown} equals ${first}`);
      }
    }
    if (documents.every((document) => document.length === 0)) {
      throw invalidData(
        where,
        `expected text, got ${files.length === 1 ? "an empty file" : "empty files"}: ${named(files)}.`,
      );
    }
    const told = [...notes, ...passedOver(equal, "equal to others")];
    return { documents, source: filesSource(read, bytes), ...(told.length > 0 && { notes: told }) };
  },
});

async function* textsOf(file: SourceFile, field: string, seen: Seen): AsyncGenerator<string> {
  const name = file.path.toLowerCase().replace(/\.gz$/, "");
  if (/\.(jsonl|ndjson)$/.test(name)) {
    yield* textsInLines(chunksOf(file, seen), field, file.shown);
    return;
  }
  const whole = textOf(await bytesOf(file, seen), file.shown);
  if (name.endsWith(".json")) yield* textsInJson(whole, field, file.shown);
  else yield whole;
}

function named(files: readonly { readonly shown: string }[]): string {
  const names = files.slice(0, 3).map(({ shown: name }) => name);
  return files.length > 3 ? `${names.join(", ")} and ${files.length - 3} more` : names.join(", ");
}
